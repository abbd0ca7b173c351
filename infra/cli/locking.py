"""Lock the packages of a model's own environment by their hashes; what the kit has too, as the kit has it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from infra.cli.place import ROOT
from infra.local.images.build import PYTHON, torch_place
from tidegate.errors import Refused
from tidegate.models.environment import LOCK

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FIRST = "# Every package of a model's training and its hashes. Made by: tidegate model lock NAME\n"
OF_THE_KIT = ROOT / "infra" / "image" / "training.in"


def make_lock(folder: Path, environ: Mapping[str, str]) -> Path:
    """Write the folder's `requirements.lock` from its `requirements.in`.

    Raises:
        Refused: no set of packages fits.
    """
    wanted, lock = folder / "requirements.in", folder / LOCK
    if not wanted.is_file():
        raise Refused(
            str(folder), "it has no requirements.in", "Write one: the packages that fit() imports, one a line"
        )
    command = ["uv", "pip", "compile", "--quiet", str(wanted), str(OF_THE_KIT)]
    command += ["--constraint", str(ROOT / "requirements.lock"), "--python-version", PYTHON]
    command += ["--no-header", "--no-annotate", "--generate-hashes", *_systems(wanted, environ)]
    done = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, check=False, env=environ
    )
    if done.returncode:
        raise Refused(str(wanted), done.stderr.strip()[-2000:], "Mend it, then lock it again")
    lock.write_text(FIRST + done.stdout)
    return lock


def _systems(wanted: Path, environ: Mapping[str, str]) -> list[str]:
    """For every system; PyTorch's builds for CPUs are named differently on each, so for Linux on x86-64."""
    if "+cpu" not in wanted.read_text():
        return ["--universal"]
    return ["--python-platform", "x86_64-manylinux_2_28", *torch_place(environ)]
