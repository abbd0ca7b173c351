"""What the first file costs a function that has just started: processor time from process start to handled.

`python -m tests.benchmarks.ingest.cold_start` prints a line for each way to start `validate`: its contracts
beside the code, or made from `schemas/` with pandera; all modules with their bytecode, or, as in Lambda, only
those of the standard library and boto3. Each run is a process of its own, on a file of its own, against a
local cloud.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from infra.bundle import stage_code
from infra.cli import drops
from tests import clouds
from tests.functions.world import World, messages
from tidegate.lake.entry import State
from tidegate.plan import plan

DATASET, ROWS = "planes", 1000
RUNS = 9
LAMBDAS_OWN = {"boto3", "botocore", "s3transfer", "urllib3", "jmespath", "dateutil"}
HEAD = "| contracts | bytecode | import s | to handled s | peak MB | pandera |\n|---|---|---|---|---|---|"
HANDLES = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
before = time.process_time()
from functions.validate import handler
imported = time.process_time()

class Context:
    function_name = memory_limit_in_mb = invoked_function_arn = aws_request_id = "x"
    def get_remaining_time_in_millis(self): return 60_000

handler(json.load(sys.stdin), Context())
told = {"imports": imported - before, "handled": time.process_time(), "pandera": "pandera" in sys.modules}
(peak,) = (line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print("told", json.dumps({**told, "peak": int(peak.split()[1]) / 1000}))
"""


@dataclass(frozen=True, kw_only=True)
class Start:
    """The middle of several starts: seconds of processor time, megabytes."""

    imports: float  # the handler's module and all that it loads
    handled: float  # from process start on, the interpreter's own start included
    peak: float
    pandera: bool  # whether it was loaded


def started(world: World, code: Path, environment: dict[str, str], runs: int = RUNS) -> Start:
    """Start `validate` from `code` in new processes, each for one file of a thousand rows."""
    told = [one_start(world, code, environment) for _ in range(runs)]
    middle = {name: median(one[name] for one in told) for name in ("imports", "handled", "peak")}
    return Start(**middle, pandera=told[0]["pandera"])


def one_start(world: World, code: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Start `validate` once; what the process says of itself."""
    lines = (drops.folder() / f"{DATASET}.csv").read_bytes().splitlines(keepends=True)
    event = world.put(f"{DATASET}/cold.csv", b"".join(lines[: ROWS + 1]))
    around = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    settings = {setting.value: value for setting, value in world.settings.items()}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", HANDLES, str(code)],
        input=json.dumps(messages(event)),
        env={**around, **settings, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    entry = world.entry(event)
    assert (entry.state, entry.good_rows) == (State.VALIDATED, ROWS), done.stderr
    told: dict[str, Any] = json.loads(done.stdout.rpartition("told ")[2])
    return told


def codes(into: Path) -> dict[str, Path]:
    """The deployed code as it is, and without its contracts."""
    ready, made = stage_code(plan(), into / "ready"), into / "made" / "code"
    shutil.copytree(ready, made)
    shutil.rmtree(made / "contracts")
    return {"beside the code": ready, "from `schemas/`": made}


def as_in_lambda(world: World, code: Path, kept: Path) -> dict[str, str]:
    """An environment in which only what Lambda brings has bytecode: nothing can be written beside a layer."""
    where = {"PYTHONPYCACHEPREFIX": str(kept)}
    one_start(world, code, where)
    shutil.rmtree(kept / str(code)[1:])
    packages = kept / sysconfig.get_path("purelib")[1:]
    for path in packages.iterdir():
        if path.is_dir() and path.name not in LAMBDAS_OWN:
            shutil.rmtree(path)
    return {**where, "PYTHONDONTWRITEBYTECODE": "1"}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    runs = parser.parse_args().runs
    print(HEAD)
    with tempfile.TemporaryDirectory() as made, clouds.running("cold", Path(made) / "cloud"):
        folder, world = Path(made).resolve(), World("cold")
        world.make()
        for name, code in codes(folder).items():
            one_start(world, code, {})  # writes the bytecode
            lambdas = as_in_lambda(world, code, folder / f"bytecode-{code.parent.name}")
            for bytecode, environment in {"all": {}, "Lambda's own": lambdas}.items():
                one = started(world, code, environment, runs)
                times = f"{one.imports:.2f} | {one.handled:.2f} | {one.peak:.0f}"
                pandera = "yes" if one.pandera else "no"
                print(f"| {name} | {bytecode} | {times} | {pandera} |", flush=True)


if __name__ == "__main__":
    main()
