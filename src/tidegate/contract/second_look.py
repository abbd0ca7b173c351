"""Rows whose keys met in two batches: read again, compared themselves, and taken back if they are copies."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tidegate.contract.bad_rows import bad_rows, row_text
from tidegate.contract.batch import Records, joined
from tidegate.contract.reading.choose import batches
from tidegate.contract.reasons import copy_reason
from tidegate.contract.source import FaultFound
from tidegate.contract.uniqueness import repeated
from tidegate.contract.verdict import REASON

if TYPE_CHECKING:
    from tidegate.contract.batch import Batch, Numbers
    from tidegate.contract.compiled import Plan
    from tidegate.contract.engine import Reading
    from tidegate.contract.outside import Outside
    from tidegate.contract.source import Source

_HELD = 16 << 20  # bytes of evidence; it takes many times as much memory until it is written
_EACH = 100  # bytes that any row takes


@dataclass
class _Candidates:
    """Rows that may be copies: their keys, and, while they are few, what quarantine would keep of them."""

    keys: list[pl.DataFrame] = field(default_factory=list)
    row: list[Numbers] = field(default_factory=list)
    evidence: list[Records] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    most: int = _HELD
    held: int = 0

    @property
    def few(self) -> bool:
        """Whether their evidence is held."""
        return self.held <= self.most

    def add(self, batch: Batch, chosen: Numbers, plan: Plan, group: tuple[str, ...]) -> None:
        cells = batch.cells(chosen)
        judged = plan.judged_typed(cells) if batch.typed else plan.judged(cells)
        self.keys.append(judged.select(group))
        self.row.append(batch.row[chosen])
        if not self.few:
            return
        evidence = batch.records(chosen)
        self.evidence.append(evidence)
        self.text += row_text(plan, judged, evidence.raw)
        self.held += sum(map(len, evidence.raw)) + _EACH * len(chosen)
        if not self.few:
            self.evidence, self.text = [], []

    def copies(self, group: tuple[str, ...]) -> pl.Series:
        """Which of them are copies."""
        return repeated(pl.concat(self.keys), group)

    def bad(self, which: pl.Series, reason: dict[str, str]) -> pl.DataFrame:
        """Some of them, as bad rows for one reason."""
        why = pl.Series([[reason]] * len(which), dtype=pl.List(REASON))
        return bad_rows(joined(self.evidence), self.text, why).filter(which)


def second_look(source: Source, reading: Reading) -> None:
    """Find the copies of each group, and have the keeper forget and refuse them.

    Raises:
        FaultFound: too much of the file is copies.
    """
    for seen, told in zip(reading.seen, reading.told, strict=True):
        wanted = dict(seen.meeting())
        if not wanted:
            continue
        _refuse_too_many(reading, sum(len(rows) for rows in wanted.values()), seen.group)
        found, last = _Candidates(), max(wanted)
        judgeable = (
            batch
            for batch in batches(source, reading.plan, reading.limits, reading.arriving)
            if len(batch.row)
        )
        for number, batch in enumerate(judgeable):
            if number in wanted:
                found.add(batch, wanted[number], reading.plan, seen.group)
            if number == last:
                break
        row = np.concatenate(found.row)
        copies = found.copies(seen.group) & ~pl.Series(np.isin(row, _numbers(told)))
        reason = copy_reason(seen.group)
        if found.few:
            _refuse(reading, found.bad(copies, reason), reason)
        else:
            _refuse_by_number(source, reading, row[copies.to_numpy()], reason)
        told.append(row[copies.to_numpy()])


def last_look(source: Source, reading: Reading, outside: Outside) -> None:
    """Have the keeper forget and refuse rows that are bad for what stands beyond the file.

    Raises:
        FaultFound: too much of the file is.
    """
    rows, reason = outside.settle(_numbers(reading.refused))
    if not len(rows):
        return
    if not reading.plan.warns(reason["column"], reason["check"]):
        _refuse_too_many(reading, len(rows), tuple(reason["column"].split(", ")))
    _refuse_by_number(source, reading, rows, reason)


def _refuse_by_number(source: Source, reading: Reading, rows: Numbers, reason: dict[str, str]) -> None:
    """Read the file once more, and refuse these rows where they stand."""
    names = tuple(reason["column"].split(", "))
    for batch in batches(source, reading.plan, reading.limits, reading.arriving):
        chosen = np.flatnonzero(np.isin(batch.row, rows))
        if len(chosen):
            found = _Candidates(most=sys.maxsize)
            found.add(batch, chosen, reading.plan, names)
            _refuse(reading, found.bad(pl.repeat(True, len(chosen), eager=True), reason), reason)


def _refuse(reading: Reading, bad: pl.DataFrame, reason: dict[str, str]) -> None:
    if reading.plan.warns(reason["column"], reason["check"]):
        reading.warnings.add(bad)
    else:
        reading.take_back(bad)


def _refuse_too_many(reading: Reading, count: int, group: tuple[str, ...]) -> None:
    total = reading.good + reading.bad
    hopeless = count >= reading.limits.hopeless_rows and count > reading.limits.bad_share * total
    if hopeless or count > reading.limits.copies:
        what = f"about {count:,} of {total:,} rows share their {', '.join(group)} with another row"
        raise FaultFound("too_many_bad_rows", what, "Send each row once")


def _numbers(parts: list[Numbers]) -> Numbers:
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])
