"""The Python that has the sagemaker SDK 3.27: an environment of its own, made only when somebody asks."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from infra.cli.place import STATE
from tidegate.errors import Refused

HERE = Path(__file__).parent
LOCK = HERE / "requirements.lock"
LAST_BYTES = 2_000
# the SDK's import fails without a region, and its steps would ask IAM about their roles
OFFLINE = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "SAGEMAKER_VALIDATE_ROLE": "false",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def home() -> Path:
    """Where the environment of this lock is."""
    return STATE / f"sagemaker-sdk-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"


def build() -> Path:
    """Make the environment if it is not there; its Python.

    Raises:
        Refused: a package could not be had.
    """
    python = home() / "bin" / "python"
    if not (home() / "complete").exists():
        uv = [sys.executable, "-m", "uv"]
        _run([*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(home())], "")
        install = [*uv, "pip", "install", "--quiet", "--python", str(python), "--require-hashes"]
        _run([*install, "-r", str(LOCK)], "")
        (home() / "complete").touch()
    return python


def python() -> Path:
    """A Python that has the SDK: this one, or the one of the environment.

    Raises:
        Refused: neither has it.
    """
    if importlib.util.find_spec("sagemaker"):
        return Path(sys.executable)
    if (home() / "complete").exists():
        return home() / "bin" / "python"
    raise Refused(
        "the sagemaker SDK 3.27",
        "it is not in the default install, for it brings 134 packages, 998 MB",
        "Have it fetched into an environment of its own: tidegate model export NAME --to FILE --fetch-sdk",
    )


def definition(facts: dict[str, Any], interpreter: Path) -> dict[str, Any]:
    """The pipeline definition that the SDK makes of `facts`.

    Raises:
        Refused: the SDK did not make one.
    """
    said = _run([str(interpreter), str(HERE / "definition.py")], json.dumps(facts))
    made: dict[str, Any] = json.loads(said)
    return made


def _run(command: list[str], given: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
    kept |= OFFLINE
    said = subprocess.run(command, input=given, capture_output=True, text=True, check=False, env=kept)
    if said.returncode:
        raise Refused(
            "the sagemaker SDK 3.27", said.stderr[-LAST_BYTES:].strip(), "Mend that, then ask for it again"
        )
    return said.stdout
