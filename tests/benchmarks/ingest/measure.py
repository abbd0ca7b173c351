"""Run a program to its end: the processor time it took, and the most memory it held.

Both are of the whole process, its imports and its children included. Processor time is user and system time
as the kernel accounts for the process when it is waited for. Of memory there are two figures of
`/proc/PID/status`, looked at every 5 ms: the largest resident set (`VmHWM`), in which pages of a mapped file
and of libraries count although the kernel may drop them, and the most anonymous memory (`RssAnon`), which
nothing can drop. (`ru_maxrss` would count what the measuring process held when it began the other.)
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


def run(program: Sequence[str], environment: Mapping[str, str], core: int, code: Path = ROOT / "src") -> Run:
    """Run a Python program on one core, and on no other; it imports what lies in `code` first."""
    began = time.monotonic()
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})  # which the process inherits
    process = subprocess.Popen(
        [sys.executable, *program],
        env={**os.environ, **environment, "PYTHONPATH": os.pathsep.join([str(code), str(ROOT)])},
        stdout=subprocess.PIPE,
        cwd=code,
    )
    os.sched_setaffinity(0, cores)
    peak: dict[str, float] = dict.fromkeys(("VmHWM", "RssAnon"), 0.0)
    ended = threading.Event()
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
    return Run(cpu, time.monotonic() - began, peak["VmHWM"], peak["RssAnon"], said)


def _watch(pid: int, peak: dict[str, float], ended: threading.Event) -> None:
    while not ended.wait(_EVERY):
        try:
            told = Path(f"/proc/{pid}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return
        for line in told.splitlines():
            name, _, value = line.partition(":")
            if name in peak:
                peak[name] = max(peak[name], int(value.split()[0]) / 1024)
