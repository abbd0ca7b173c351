"""The import law, the settings, the events: each is written once, and complete."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tidegate import facts
from tidegate.settings import Setting

ROOT = Path(__file__).resolve().parents[2]


def test_imports_point_one_way() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
    done = subprocess.run(command, cwd=ROOT, env=paths, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_setting_is_explained_in_the_documentation() -> None:
    told = (ROOT / "docs" / "settings.md").read_text()
    assert [setting.value for setting in Setting if f"`{setting.value}`" not in told] == []


def test_every_fact_is_explained_in_the_documentation() -> None:
    told = (ROOT / "docs" / "events.md").read_text()
    assert [fact.name() for fact in facts.Fact.__subclasses__() if f"`{fact.name()}`" not in told] == []
