"""Run a program to its end: the processor time it took, and the most memory it held.

Both are of the whole process, its imports and its children included. Processor time is user and system time
as the kernel accounts for the process when it is waited for. Of memory there are two figures: the largest
resident set (`ru_maxrss`), in which pages of a mapped file count although the kernel may drop them, and the
most anonymous memory, which nothing can drop (`RssAnon`, looked at every 5 ms).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_EVERY = 0.005
ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Run:
    """What one process took."""

    cpu: float  # seconds
    wall: float
    resident: float  # MB
    anonymous: float  # MB
    said: dict[str, Any]  # the JSON of its last line


def run(program: Sequence[str], environment: Mapping[str, str], core: int) -> Run:
    """Run a Python program on one core, and on no other."""
    began = time.monotonic()
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})  # which the process inherits
    process = subprocess.Popen(
        [sys.executable, *program],
        env={**os.environ, **environment, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])},
        stdout=subprocess.PIPE,
    )
    os.sched_setaffinity(0, cores)
    peak, ended = [0.0], threading.Event()
    watch = threading.Thread(target=_watch, args=(process.pid, peak, ended))
    watch.start()
    assert process.stdout is not None
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    ended.set()
    watch.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(program)} ended with {process.returncode}")
    said = json.loads(out.decode().strip().splitlines()[-1])
    cpu = usage.ru_utime + usage.ru_stime
    return Run(cpu, time.monotonic() - began, usage.ru_maxrss / 1024, peak[0], said)


def _watch(pid: int, peak: list[float], ended: threading.Event) -> None:
    while not ended.wait(_EVERY):
        try:
            told = Path(f"/proc/{pid}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return
        for line in told.splitlines():
            if line.startswith("RssAnon:"):
                peak[0] = max(peak[0], int(line.split()[1]) / 1024)
