"""How far a job is kept apart from this machine: its own /opt/ml and no network where that can be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
OPT_ML = Path("/opt/ml")
CHECKOUT = HERE.parents[2]


def isolation() -> str:
    """What a job gets on this system, in one sentence."""
    refusal = _refusal()
    if not refusal:
        return (
            "each job has its own /opt/ml and host name, and isolated jobs have no network (user namespaces)"
        )
    return (
        f"jobs get a directory named by SAGEMAKER_BASE_DIR in place of /opt/ml, and network isolation is NOT "
        f"enforced: {refusal}"
    )


def namespaces() -> bool:
    """Whether this system lets us make the name spaces that a container has."""
    return not _refusal()


def contained(base: Path, command: list[str], *, network: bool) -> list[str]:
    """The command line that runs `command` with `base`/ml as its /opt/ml, where name spaces are to be had."""
    if not namespaces():
        return command
    return _unshare(base, command, network=network)


def _unshare(base: Path, command: list[str], *, network: bool) -> list[str]:
    spaces = ["unshare", "--map-root-user", "--mount", "--uts", *([] if network else ["--net"])]
    setup = ["sh", str(HERE / "setup.sh"), str(base), "connected" if network else "isolated"]
    return [*spaces, *setup, sys.executable, str(HERE / "loopback.py"), *command]


@cache
def _refusal() -> str:
    """Why name spaces cannot be used here, found out by using them once; empty when they can."""
    if os.environ.get("TIDEGATE_LOCAL_NAMESPACES") == "off":
        return "TIDEGATE_LOCAL_NAMESPACES is off"
    if shutil.which("unshare") is None:
        return "this system has no unshare command"
    needed = (Path(sys.executable), Path(sys.prefix), CHECKOUT)
    if any(OPT_ML in path.parents for path in needed):
        return "Python or this checkout lies under /opt/ml, which a job's own would hide"
    with tempfile.TemporaryDirectory() as scratch:
        base = Path(scratch)
        (base / "ml").mkdir()
        probe = subprocess.run(
            _unshare(base, [sys.executable, "-I", "-S", "-c", ""], network=False),
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    if probe.returncode == 0:
        return ""
    return (
        probe.stderr.strip().splitlines()[-1]
        if probe.stderr.strip()
        else f"unshare ended with {probe.returncode}"
    )
