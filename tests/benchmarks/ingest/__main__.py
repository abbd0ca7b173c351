"""Validate, transform and publish against their peers: `python -m tests.benchmarks.ingest` prints the tables.

Each program is a process of its own, on one core. Programs run in turn, round after round, so that what
slows the machine slows all of them; a figure is the median of the rounds, a ratio the median of the ratios
within a round.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.ingest import cloud, files
from tests.benchmarks.ingest.measure import run
from tests.benchmarks.ingest.tables import FILE, STREAM, Line, machine, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Program = Callable[[], dict[str, Line]]

PEERS = ("pandera_polars", "careful_pandas", "duckdb_sql")
TABLES = ("spoilt", "clean", "cold", "large")
_SMALL = 20_000
_FEW = 1_000


def main() -> None:
    """Make the files, run the rounds, print the tables."""
    asked = _asked()
    folder = Path(asked.folder)
    sys.stdout.write(machine(asked.rounds))
    with cloud.running() as (out, code):
        peers = tuple(peer for peer in PEERS if peer not in asked.without)
        rounds = Rounds(out, code, asked.rounds, asked.core, peers, asked.step)
        clean = files.likeness(folder, _SMALL) if asked.small else files.tpch(folder, 1)
        if asked.rows:
            clean = files.first_rows(clean, asked.rows)
        wanted = ("spoilt",) if asked.small else asked.tables
        if "spoilt" in wanted:
            title = "One row in a hundred spoilt (the limit copies the clean file)"
            rounds.of(title, files.spoilt(clean), clean)
        if "clean" in wanted:
            rounds.of("Clean", clean)
        if "cold" in wanted:
            rounds.of("A cold start: the first 1,000 rows", files.first_rows(clean, _FEW))
        if "large" in wanted:
            rounds.of("Five times larger, clean", files.tpch(folder, 5), peers=False)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.ingest")
    parser.add_argument("--small", action="store_true", help="one file of 20,000 rows: seconds, not minutes")
    parser.add_argument("--rows", type=int, help="only the first so many rows of the file")
    parser.add_argument("--rounds", type=int, default=3, help="how often each program runs (3)")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), help="the core they run on")
    parser.add_argument("--folder", default=str(Path(tempfile.gettempdir()) / "tidegate-benchmark"))
    parser.add_argument("--step", action="store_true", help="also the same dataset with a step of its own")
    parser.add_argument("--without", nargs="*", default=[], choices=PEERS)
    parser.add_argument("--tables", nargs="*", default=TABLES, choices=TABLES, help="all")
    return parser.parse_args()


@dataclass(frozen=True)
class Rounds:
    """How the programs run."""

    out: str  # where peers that write to S3 do
    code: Path  # ours
    count: int
    core: int
    peers: tuple[str, ...]
    step: bool

    def of(self, title: str, file: Path, unchecked: Path | None = None, *, peers: bool = True) -> None:
        """Run all programs in turn on a file, round after round, and print what they took."""
        landed = {name: cloud.land(file, name) for name in self._datasets()}
        copied = cloud.land(unchecked, "lineitem") if unchecked else landed["lineitem"]
        limit = [
            partial(self._peer, FILE, str(unchecked or file)),
            partial(self._peer, STREAM, copied.address, to_s3=True),
        ]
        programs: list[Program] = [*map(self._ours, landed.values()), *limit]
        programs += list(self._careful(file)) if peers else []
        taken = [
            {name: line for program in programs for name, line in program().items()}
            for _ in range(self.count)
        ]
        for one in {*landed.values(), copied}:
            cloud.take_away(one)
        sys.stdout.write(table(f"{title}: {file.name}", file.stat().st_size, taken))
        sys.stdout.flush()

    def _datasets(self) -> tuple[str, ...]:
        return ("lineitem", "lineitem_step") if self.step else ("lineitem",)

    def _careful(self, file: Path) -> Iterator[Program]:
        for peer in self.peers:
            yield partial(self._peer, peer, str(file), to_s3=peer == "careful_pandas")

    def _ours(self, landed: cloud.Landed) -> Program:
        def program() -> dict[str, Line]:
            name = "ours" if landed.dataset == "lineitem" else "ours, with a step"
            taken = cloud.publish(landed, self.code, self.core)
            each = {f"{name}: {verb}": Line.of(one) for verb, one in taken.items()}
            return _told({name: Line.together(each.values()), **each})

        return program

    def _peer(self, name: str, source: str, *, to_s3: bool = False) -> dict[str, Line]:
        place = Path(tempfile.mkdtemp(prefix="tidegate-peer-"))
        out = self.out if to_s3 else str(place / "out")
        program = ["-W", "ignore", "-m", f"tests.benchmarks.ingest.peers.{name}", source, out]
        taken = run(program, {}, self.core)
        shutil.rmtree(place)
        return _told({name: Line.of(taken)})


def _told(lines: dict[str, Line]) -> dict[str, Line]:
    """The same, said on the way: a round takes minutes."""
    for name, line in lines.items():
        sys.stderr.write(f"{name}: {line.cpu:.2f} s, {line.anonymous:,.0f} MB\n")
    return lines


if __name__ == "__main__":
    main()
