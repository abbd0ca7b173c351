"""Our endpoint against its peers: `python -m tests.benchmarks.serving` prints the tables.

One server runs at a time, pinned to one core, and is asked from the other. Servers take turns, round after
round, so that what slows the machine slows all of them; the best round of each counts. Beside requests a
second stands the processor time that the server took for one request, which what else runs on the machine
hardly changes.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.serving import cloud, tables
from tests.benchmarks.serving.load import Answered, by_python, by_wrk
from tests.benchmarks.serving.made import ROOMS, Made, make
from tests.benchmarks.serving.programs import LESS, MLFLOW, OURS, Program, programs
from tests.benchmarks.serving.running import Server, running
from tests.clouds import free_port

if TYPE_CHECKING:
    from collections.abc import Mapping

SMALL_REQUESTS = 20


@dataclass(frozen=True)
class Asking:
    """How servers are asked."""

    small: bool
    seconds: int
    server_core: int
    load_core: int

    def rates(self, server: Server, port: int, body: Path, connections: int) -> tables.Rate:
        """Ask one server, and what it took."""
        if not self.small:
            self._ask(port, body, connections, 1)  # warm
        before = server.processor_seconds
        answered = self._ask(port, body, connections, self.seconds)
        taken = server.processor_seconds - before
        return tables.Rate(answered, taken / answered.requests * 1e6)

    def _ask(self, port: int, body: Path, connections: int, seconds: int) -> Answered:
        if self.small:
            return by_python(port, body, SMALL_REQUESTS)
        return by_wrk(port, body, connections=connections, seconds=seconds, core=self.load_core)


def main() -> None:
    """Make the model, run the rounds, print the tables."""
    asked = _asked()
    with tempfile.TemporaryDirectory(prefix="tidegate-serving-") as folder:
        _turn_to_our_rooms()
        made = make(Path(folder) / "made")
        bodies = _bodies(made, Path(folder))
        if asked.peers:
            _save_for_mlflow(made, asked.peers)
        with cloud.running(Path(folder) / "cloud", asked.load_core) as told:
            port = free_port()
            wanted = [one for one in programs(made, port, told, asked.peers) if one.name not in asked.without]
            asking = Asking(asked.small, asked.seconds, asked.server_core, asked.load_core)
            lines: dict[str, list[tables.Line]] = {one.name: [] for one in wanted}
            for number in range(asked.rounds):
                for program in wanted:
                    lines[program.name].append(_line(asking, program, port, bodies, Path(folder)))
                    sys.stderr.write(f"round {number + 1}: {program.name}: {lines[program.name][-1]}\n")
            kept, answered = cloud.captured(told), tables.answered(lines[OURS])
    sys.stdout.write(tables.table(lines, asked.rounds))
    if not asked.peers:
        sys.stdout.write("Left out, since --peers names no Python that has them: gunicorn, Flask, MLflow.\n")
    sys.stdout.write(f"Captured: {kept} rows; answered as shipped: at least {answered} requests.\n")
    if kept < answered:
        raise SystemExit("captures are missing")


def _line(
    asking: Asking, program: Program, port: int, bodies: Mapping[str, Path], folder: Path
) -> tables.Line:
    with running(program, port, asking.server_core, folder / "server.log") as server:
        one = bodies[f"{program.body}-1"]
        alone = asking.rates(server, port, one, 1)
        many = asking.rates(server, port, one, 16)
        hundred = asking.rates(server, port, bodies[f"{program.body}-100"], 4)
        return tables.Line(server.start_seconds, server.resident_mb, alone, many, hundred)


def _bodies(made: Made, folder: Path) -> dict[str, Path]:
    written = {}
    for rows in (1, 100):
        for form, body in (("json", made.body(rows)), ("mlflow", made.mlflow_body(rows))):
            written[f"{form}-{rows}"] = folder / f"{form}-{rows}.json"
            written[f"{form}-{rows}"].write_bytes(body)
    return written


def _turn_to_our_rooms() -> None:
    """`schemas` and `pipelines` are the benchmark's own from here on."""
    sys.path.insert(0, str(ROOMS))


def _save_for_mlflow(made: Made, python: str) -> None:
    import subprocess

    program = Path(__file__).resolve().parent / "peers" / "mlflow_model.py"
    subprocess.run(
        [python, "-W", "ignore", str(program), str(made.folder)], check=True, stdout=subprocess.DEVNULL
    )


def _asked() -> argparse.Namespace:
    cores = sorted(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.serving")
    parser.add_argument(
        "--small", action="store_true", help="a few requests by Python: only the way is tried"
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each server runs (3)")
    parser.add_argument("--seconds", type=int, default=5, help="how long it is asked each time (5)")
    parser.add_argument("--peers", default="", help="a Python that has what requirements.lock names")
    parser.add_argument("--without", nargs="*", default=[], choices=[MLFLOW, *LESS])
    parser.add_argument("--server-core", type=int, default=cores[0])
    parser.add_argument("--load-core", type=int, default=cores[-1])
    return parser.parse_args()


if __name__ == "__main__":
    main()
