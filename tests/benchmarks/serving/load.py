"""Ask one server as fast as it answers: by wrk, or a few times by Python, where only the way is tried."""

from __future__ import annotations

import http.client
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.benchmarks.serving.programs import PATH

if TYPE_CHECKING:
    from pathlib import Path

_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local file = io.open("{body}", "rb")
wrk.body = file:read("*a")
file:close()
"""
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True)
class Answered:
    """What came of asking."""

    requests: int
    per_second: float
    median_ms: float
    slow_ms: float  # the 99th percentile


def by_wrk(port: int, body: Path, *, connections: int, seconds: int, core: int) -> Answered:
    """Keep so many connections busy for some seconds, from one core; a bad answer ends the benchmark."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise SystemExit("wrk is missing: apt-get install wrk")
    script = body.with_suffix(".lua")
    script.write_text(_SCRIPT.format(body=body))
    command = ["taskset", "-c", str(core), wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    said = subprocess.run(
        [*command, "-s", str(script), f"http://127.0.0.1:{port}{PATH}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(f"requests failed:\n{said}")
    requests = re.search(r"(\d+) requests in", said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert requests, said
    assert rate, said
    return Answered(int(requests[1]), float(rate[1]), _percentile(said, 50), _percentile(said, 99))


def by_python(port: int, body: Path, times: int) -> Answered:
    """Ask so many times, one after the other."""
    content, taken = body.read_bytes(), []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for _ in range(times):
        began = time.perf_counter()
        connection.request("POST", PATH, content, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise SystemExit(f"a request failed: {answer.status} {said.decode(errors='replace')}")
        taken.append((time.perf_counter() - began) * 1000)
    connection.close()
    return Answered(times, times / sum(taken) * 1000, sorted(taken)[times // 2], max(taken))


def _percentile(said: str, which: int) -> float:
    found = re.search(rf"^\s+{which}%\s+([\d.]+)(us|ms|s)\s*$", said, re.MULTILINE)
    assert found, said
    return float(found[1]) * _UNITS[found[2]]
