"""Makes the environment of an image from its lock, with uv."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tidegate.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from infra.local.images import Environment

PYTHON = "3.11"  # the one that every lock here was made for
LAST_BYTES = 2_000


def build(image: Environment, environ: Mapping[str, str]) -> None:
    """Make it anew.

    Raises:
        Refused: a package could not be had.
    """
    install = ["pip", "install", "--quiet", "--python", str(image.python), "--require-hashes"]
    image.home.parent.mkdir(parents=True, exist_ok=True)
    _uv(image, ["venv", "--quiet", "--clear", "--python", PYTHON, str(image.home)], environ)
    _uv(image, [*install, *torch_place(environ), "-r", str(image.lock)], environ)
    (image.home / "complete").touch()


def torch_place(environ: Mapping[str, str]) -> list[str]:
    """Where uv finds PyTorch's builds for CPUs, which are not in the public index.

    It knows their own, unless a folder of wheels is named that has them; a lock's hash is the same for both.
    """
    wheels = environ.get("UV_FIND_LINKS") or environ.get("PIP_FIND_LINKS", "")
    return ["--find-links", wheels] if wheels else ["--torch-backend", "cpu"]


def _uv(image: Environment, command: Sequence[str], environ: Mapping[str, str]) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "uv", *command], capture_output=True, text=True, check=False, env=environ
    )
    if said.returncode:
        raise Refused(
            f"image {image.name}",
            f"its environment could not be built: {said.stderr[-LAST_BYTES:].strip()}",
            f"Mend that, then: tidegate images build {image.name}",
        )
