from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from infra.local import assembly, synthesis
from tidegate.errors import Mistake

if TYPE_CHECKING:
    from pathlib import Path

APP = """
import aws_cdk as cdk
from aws_cdk import aws_ssm as ssm

app = cdk.App()
stack = cdk.Stack(app, "small", env=cdk.Environment(account="000000000000", region="eu-west-1"))
ssm.StringParameter(stack, "P", string_value=app.node.get_context("environment"))
app.synth()
"""


def test_an_app_is_synthesised_with_the_node_of_pypi_and_only_when_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "app.py").write_text(APP)
    output = synthesis.synthesise(tmp_path / "out", root=tmp_path)
    (plan,) = assembly.stacks(output)
    assert any(r.get("Properties", {}).get("Value") == "laptop" for r in plan.template["Resources"].values())
    made = (output / "manifest.json").stat().st_mtime_ns
    synthesis.synthesise(output, root=tmp_path)
    assert (output / "manifest.json").stat().st_mtime_ns == made

    (tmp_path / "infra" / "app.py").write_text("raise SystemExit('no such environment')")
    with pytest.raises(Mistake, match="no such environment"):
        synthesis.synthesise(output, root=tmp_path)
    assert assembly.stacks(output), "a synthesis that fails leaves the last one as it was"


def test_two_at_once_synthesise_once(tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    count = "from pathlib import Path\nwith Path('runs').open('a') as runs:\n    runs.write('.')\n"
    (tmp_path / "infra" / "app.py").write_text(count + APP)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(synthesis.synthesise, tmp_path / "out", root=tmp_path) for _ in range(2)]
    assert all(len(assembly.stacks(one.result())) == 1 for one in asked)
    assert (tmp_path / "runs").read_text() == "."
