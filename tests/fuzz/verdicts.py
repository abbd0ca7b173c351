"""From any bytes to a verdict: no crash, no hang, rows in = rows out + rows kept, always.

A case is a number, and its format follows from it. `python -m tests.fuzz.verdicts --minutes 60` tries as many
as it can, and `python -m tests.fuzz.verdicts --case N` tries that one again.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import random
import resource
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandera.polars as pa
import polars as pl

from tests.fuzz.files import FORMATS, Case, case
from tests.fuzz.rows import bad_rows
from tidegate.contract.batch import NOWHERE
from tidegate.contract.compile import plan_of
from tidegate.contract.declare import Dataset, column
from tidegate.contract.engine import check
from tidegate.contract.source import BytesSource, Limits
from tidegate.contract.verdict import BAD_SCHEMA, BYTES, LENGTH, OFFSET, ROW, report

if TYPE_CHECKING:
    from tidegate.contract.batch import Numbers
    from tidegate.contract.formats import Format
    from tidegate.contract.verdict import Verdict

SLOWEST = 20.0  # seconds of one processor; a case holds at most some ten kilobytes
MOST = 1_500_000  # kilobytes of memory, for all that a process tries
LIKELY = {"header_only", "no_good_rows", "too_many_bad_rows", "empty_file"}  # faults of unhurt files


class Row(pa.DataFrameModel):
    key: pl.Int32 = column()
    count: pl.Int16 = column(ge=0, lt=299)
    price: float = column(nullable=True)
    day: pl.Date = column()
    name: str = column(nullable=True, str_length={"max_value": 200})
    flag: bool = column()

    @pa.dataframe_check
    @classmethod
    def dear_things_are_few(cls, data: Any) -> Any:
        """what costs more than a hundred is there at most ten times"""
        return data.lazyframe.select((pl.col("price") <= 100) | (pl.col("count") <= 10))


@cache
def dataset(*formats: Format) -> Dataset:
    """The dataset, in files of these formats."""
    return Dataset(name="fuzzed", description="", row=Row, key=("key",), reads=formats)


EVERY = tuple(some[0] for some in FORMATS.values())


@dataclass
class Books:
    """A keeper that keeps books: each row number stands in exactly one of them."""

    good: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    bad: dict[int, tuple[int, int, bytes]] = field(default_factory=dict)

    def keep(self, good: pl.DataFrame, row: Numbers) -> None:
        """Book good rows."""
        assert good.height == len(row) > 0
        assert (np.diff(row) > 0).all()
        for number, values in zip(row.tolist(), good.rows(), strict=True):
            assert number not in self.good
            assert number not in self.bad
            self.good[number] = values

    def refuse(self, bad: pl.DataFrame) -> None:
        """Book bad rows."""
        assert bad.schema == BAD_SCHEMA
        assert bad.select(pl.col("_reasons").list.len().min()).item() >= 1
        for number, offset, length, raw in bad.select(ROW, OFFSET, LENGTH, BYTES).rows():
            assert number not in self.good
            assert number not in self.bad
            self.bad[number] = (offset, length, raw)

    def take_back(self, row: Numbers) -> None:
        """Strike good rows out."""
        for number in row.tolist():
            del self.good[number]

    def amend(self, more: pl.DataFrame) -> None:
        """Nothing to book: the rows are bad already."""
        assert set(more[ROW]) <= set(self.bad)


def kind_of(number: int) -> str:
    """The format of a case."""
    return list(FORMATS)[number % len(FORMATS)]


def judge(number: int) -> str:
    """Try one case; what it came to is returned.

    Raises:
        AssertionError: a promise is broken.
    """
    chance = random.Random(number)
    tried = case(chance, kind_of(number))
    several = tried.form in EVERY and chance.random() < 0.5
    limits = Limits(
        piece_bytes=chance.choice([64, 1000, 1 << 20]),
        record_bytes=chance.choice([400, 1 << 20]),
        bad_rows=chance.choice([5, 1000]),
        hopeless_rows=chance.choice([20, 200_000]),
    )
    made = dataset(*EVERY) if several else dataset(tried.form)
    began = time.process_time()
    books = Books()
    source = BytesSource(tried.file, f"fuzzed/{number}{tried.ending}")
    verdict = check(source, plan_of(made), books, limits=limits)
    assert time.process_time() - began < SLOWEST
    _balance(books, verdict, tried)
    if tried.rows is not None:
        _same_rows(books, verdict, tried.rows)
    return verdict.fault.code if verdict.fault else "partly" if books.bad else "good"


def _balance(books: Books, verdict: Verdict, tried: Case) -> None:
    assert (len(books.good), len(books.bad)) == (verdict.good_rows, verdict.bad_rows)
    assert verdict.total_rows == len(books.good) + len(books.bad)
    if verdict.fault is None or verdict.fault.code == "no_good_rows":  # others may stop in the midst of some
        assert sorted([*books.good, *books.bad]) == list(range(1, verdict.total_rows + 1))
    for offset, length, raw in books.bad.values():
        if offset == NOWHERE:
            json.loads(raw)
        elif tried.text is not None:
            assert tried.text[offset : offset + length] == raw
    assert len(str(report(verdict, set(), source="s3://landing/fuzzed"))) < 100_000


def _same_rows(books: Books, verdict: Verdict, rows: list[Any]) -> None:
    """Of an unhurt file, each row that keeps the contract came out as it was, and each other was refused."""
    if verdict.fault:
        assert verdict.fault.code in LIKELY, verdict.fault
        return
    bad = bad_rows(rows)
    assert set(books.bad) == bad
    assert books.good == {at: tuple(row) for at, row in enumerate(rows, 1) if at not in bad}


def main() -> None:
    """Try cases until the time is over, or one case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number to begin with")
    parser.add_argument("--case", type=int, help="try this one alone")
    args = parser.parse_args()
    if args.case is not None:
        print(kind_of(args.case), judge(args.case))
        return
    until, number, outcomes = time.monotonic() + 60 * args.minutes, args.first, Counter[tuple[str, str]]()
    while time.monotonic() < until:
        faulthandler.dump_traceback_later(30 * SLOWEST, exit=True)  # it hangs
        print(f"case {number}", end="\r", flush=True)  # what stands here last is what brought a process down
        try:
            outcomes[kind_of(number), judge(number)] += 1
        except Exception:  # noqa: BLE001 - told, and the run goes on
            outcomes[kind_of(number), "BROKEN"] += 1
            print(f"{traceback.format_exc()}python -m tests.fuzz.verdicts --case {number}", flush=True)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < MOST, number
        number += 1
    print(f"cases {args.first} to {number - 1}")
    for kind in FORMATS:
        found = {outcome: cases for (of, outcome), cases in outcomes.most_common() if of == kind}
        print(f"{kind}: {sum(found.values())} cases: {found}")
    if any(outcome == "BROKEN" for _, outcome in outcomes):
        sys.exit(1)


if __name__ == "__main__":
    main()
