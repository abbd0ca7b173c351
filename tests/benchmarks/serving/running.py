"""Run one server pinned to a core, and account for it: seconds of processor, resident memory, start."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.serving.programs import ROOMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.benchmarks.serving.programs import Program

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_START_SECONDS = 120


@dataclass(frozen=True)
class Server:
    """A server that answers; its processes are those of its session."""

    session: int
    start_seconds: float

    @property
    def processor_seconds(self) -> float:
        """What all its processes took so far."""
        return sum(int(one[11]) + int(one[12]) for one in self._stats()) / _TICKS

    @property
    def resident_mb(self) -> float:
        """What all its processes hold."""
        return sum(int(one[21]) * _PAGE for one in self._stats()) / 1e6

    def _stats(self) -> Iterator[list[str]]:
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(") ")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[3]) == self.session:
                yield fields


@contextmanager
def running(program: Program, port: int, core: int, log: Path) -> Iterator[Server]:
    """A server while it is asked; ended with all that it started."""
    began = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["taskset", "-c", str(core), *program.command],
            env={**os.environ, **program.environment},
            cwd=ROOMS,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(process, port, program.name, log)
        yield Server(process.pid, time.monotonic() - began)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
        _end(process.pid)


def _wait(process: subprocess.Popen[bytes], port: int, name: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise SystemExit(f"{name} did not start:\n{log.read_text(errors='replace')[-3000:]}")


def _end(session: int) -> None:
    """End what a server left behind in its session."""
    try:
        os.killpg(session, signal.SIGKILL)
    except ProcessLookupError:
        return
