"""From any bytes to a verdict: no crash, no hang, rows in = rows out + rows kept, always.

A case is a number. `python -m tests.fuzz.verdicts --minutes 60` tries as many as it can, and
`python -m tests.fuzz.verdicts --case N` tries that one again.
"""

from __future__ import annotations

import argparse
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandera.polars as pa
import polars as pl

from tests.fuzz.files import damaged, packed, sound
from tidegate.contract.compile import plan_of
from tidegate.contract.declare import Csv, Dataset, column
from tidegate.contract.engine import check
from tidegate.contract.source import BytesSource, Limits
from tidegate.contract.verdict import BAD_SCHEMA, BYTES, LENGTH, OFFSET, ROW, report

if TYPE_CHECKING:
    from tidegate.contract.batch import Numbers
    from tidegate.contract.verdict import Verdict

SLOWEST = 20.0  # seconds; a case holds at most some ten kilobytes


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


DATASET = Dataset(name="fuzzed", description="", row=Row, key=("key",), reads=Csv(null_values=("", "NA")))


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


def judge(number: int) -> str:
    """Try one case; what it came to is returned.

    Raises:
        AssertionError: a promise is broken.
    """
    chance = random.Random(number)
    body = damaged(chance, sound(chance))
    file, ending = packed(chance, body)
    limits = Limits(
        piece_bytes=chance.choice([64, 1000, 1 << 20]),
        record_bytes=chance.choice([400, 1 << 20]),
        bad_rows=chance.choice([5, 1000]),
        hopeless_rows=chance.choice([20, 200_000]),
    )
    began = time.monotonic()
    books = Books()
    verdict = check(BytesSource(file, f"fuzzed/{number}{ending}"), plan_of(DATASET), books, limits=limits)
    assert time.monotonic() - began < SLOWEST
    _balance(books, verdict, body if file is body else None)
    return verdict.fault.code if verdict.fault else "partly" if books.bad else "good"


def _balance(books: Books, verdict: Verdict, body: bytes | None) -> None:
    assert (len(books.good), len(books.bad)) == (verdict.good_rows, verdict.bad_rows)
    assert verdict.total_rows == len(books.good) + len(books.bad)
    assert sorted([*books.good, *books.bad]) == list(range(1, verdict.total_rows + 1))
    if body is not None:
        for offset, length, raw in books.bad.values():
            assert body[offset : offset + length] == raw
    assert len(str(report(verdict, DATASET.personal(), source="s3://landing/fuzzed"))) < 100_000


def main() -> None:
    """Try cases until the time is over, or one case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number to begin with")
    parser.add_argument("--case", type=int, help="try this one alone")
    args = parser.parse_args()
    if args.case is not None:
        print(judge(args.case))
        return
    until, number, outcomes = time.monotonic() + 60 * args.minutes, args.first, dict[str, int]()
    while time.monotonic() < until:
        try:
            outcome = judge(number)
        except BaseException:
            print(f"case {number}: python -m tests.fuzz.verdicts --case {number}", flush=True)
            raise
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        number += 1
    print(f"cases {args.first} to {number - 1}: {outcomes}")


if __name__ == "__main__":
    main()
