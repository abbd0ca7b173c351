"""What each step of checking costs: `python -m tests.benchmarks.ingest.costs FILE`, one process, S3 left out.

The file is read again and again, each time with one step more; a step costs the difference. Figures are
processor seconds per million rows, the median of five rounds.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.benchmarks.ingest.rooms.schemas.lineitem import dataset
from tidegate.contract.arriving import Arriving
from tidegate.contract.engine import check
from tidegate.contract.preparing import prepare
from tidegate.contract.reading import csv
from tidegate.contract.reading.beginning import begin
from tidegate.contract.reading.structure import chunks
from tidegate.contract.reading.unpack import unpacked
from tidegate.contract.source import Limits, PathSource
from tidegate.lake.datafiles import TableShelf
from tidegate.lake.goodrows import GoodRows

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from tidegate.contract.batch import Numbers

_ROUNDS = 5


@dataclass
class Forgetting:
    """A keeper that hands good rows on, or keeps nothing."""

    good: GoodRows | None = None

    def keep(self, good: pl.DataFrame, row: Numbers) -> None:
        """Hand on, or forget."""
        if self.good is not None:
            self.good.keep(good, row)

    def refuse(self, bad: pl.DataFrame) -> None:
        """Forget."""

    def take_back(self, row: Numbers) -> None:
        """Hand on, or forget."""
        if self.good is not None:
            self.good.take_back(row)

    def amend(self, more: pl.DataFrame) -> None:
        """Forget."""


class Void:
    """An S3 that keeps the objects written to it in memory while a round lasts."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, *, Key: str, Body: Any, **_: Any) -> None:
        self.objects[Key] = Body if isinstance(Body, bytes) else Body.read()

    def get_object(self, *, Key: str, **_: Any) -> dict[str, Any]:
        import io

        return {"Body": io.BytesIO(self.objects[Key])}


def main(file: Path) -> None:
    """Run the rounds, and print what each step adds."""
    prepared = prepare(dataset)
    plan, (form,), source = prepared.plan, prepared.plan.formats, PathSource(file)
    limits, keyless = Limits(), replace(prepared.plan, unique=())

    def structure() -> None:
        pieces = unpacked(source.open(), source.name, limits)
        for _ in chunks(begin(pieces, form, limits), pieces, len(plan.columns), form, limits):
            pass

    def cells() -> None:
        for batch in csv.batches(source, plan, form, limits, Arriving()):
            batch.cells()

    def written() -> None:
        keeper = Forgetting(GoodRows(TableShelf(Void(), "lake", prepared.table, "0" * 32)))
        check(source, plan, keeper)
        assert keeper.good is not None
        keeper.good.finish()
        keeper.good.close()

    steps: dict[str, Callable[[], object]] = {
        "read, and structure checked": structure,
        "cells parsed as text": cells,
        "cells typed, rules judged, reasons of bad rows": lambda: check(source, keyless, Forgetting()),
        "the key held unique": lambda: check(source, plan, Forgetting()),
        "partitions written as Parquet with bounds": written,
    }
    with file.open("rb") as lines:
        rows = sum(1 for _ in lines) - 1
    taken = [[_seconds(step) / rows * 1e6 for step in steps.values()] for _ in range(_ROUNDS)]
    before = 0.0
    for name, each in zip(steps, zip(*taken, strict=True), strict=True):
        sys.stdout.write(f"| {name} | {median(each) - before:.3f} |\n")
        before = median(each)
    sys.stdout.write(f"| together | {before:.3f} |\n")


def _seconds(step: Callable[[], object]) -> float:
    began = time.process_time()
    step()
    return time.process_time() - began


if __name__ == "__main__":
    main(Path(sys.argv[1]))
