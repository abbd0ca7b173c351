"""A copy of the checkout, to be changed as a user would change his."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.house.source import ROOT

if TYPE_CHECKING:
    from pathlib import Path

COPIED = ("src", "schemas", "pipelines", "functions", "infra")
FILES = ("pyproject.toml", "requirements.lock", "bootstrap.lock", "cdk.json", "README.md")


def copy(into: Path) -> Path:
    """The rooms and what a synthesis reads, without state and caches."""
    for room in COPIED:
        shutil.copytree(ROOT / room, into / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, into / name)
    return into


def run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run this interpreter in a copy, seeing the copy's modules and no others of that name."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root / "src")])}
    return subprocess.run(
        [sys.executable, *command], cwd=root, env=environment, capture_output=True, text=True, check=False
    )


def tidegate(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a copy."""
    return run(root, "-m", "infra.cli.main", *arguments)
