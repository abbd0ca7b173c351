"""Rows whose keys met in two batches: read again, compared themselves, and taken back if they are copies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tidegate.contract.bad_rows import bad_rows, row_text
from tidegate.contract.batch import Records, joined
from tidegate.contract.reading.choose import batches
from tidegate.contract.reasons import copy_reason
from tidegate.contract.severity import UNIQUE
from tidegate.contract.severity import joined as joined_names
from tidegate.contract.source import FaultFound
from tidegate.contract.uniqueness import repeated
from tidegate.contract.verdict import REASON, ROW

if TYPE_CHECKING:
    from tidegate.contract.batch import Batch, Numbers
    from tidegate.contract.compiled import Plan
    from tidegate.contract.engine import Reading
    from tidegate.contract.outside import Outside
    from tidegate.contract.source import Source


@dataclass
class _Candidates:
    """Rows that may be copies: their keys, and what quarantine would keep of them."""

    keys: list[pl.DataFrame] = field(default_factory=list)
    evidence: list[Records] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def add(self, batch: Batch, chosen: Numbers, plan: Plan, group: tuple[str, ...]) -> None:
        cells = batch.cells(chosen)
        judged = plan.judged_typed(cells) if batch.typed else plan.judged(cells)
        evidence = batch.records(chosen)
        self.keys.append(judged.select(group))
        self.evidence.append(evidence)
        self.text += row_text(plan, judged, evidence.raw)

    def bad(self, group: tuple[str, ...]) -> pl.DataFrame:
        """The copies among them, as bad rows."""
        copies = repeated(pl.concat(self.keys), group)
        why = pl.Series([[copy_reason(group)]] * len(copies), dtype=pl.List(REASON))
        return bad_rows(joined(self.evidence), self.text, why).filter(copies)


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
        found = _Candidates()
        judgeable = (batch for batch in batches(source, reading.plan, reading.limits) if len(batch.row))
        for number, batch in enumerate(judgeable):
            if number in wanted:
                found.add(batch, wanted[number], reading.plan, seen.group)
        bad = found.bad(seen.group)
        bad = bad.filter(~pl.Series(np.isin(bad[ROW].to_numpy(), _numbers(told))))
        if reading.plan.warns(joined_names(seen.group), UNIQUE):
            reading.warnings.add(bad)
        else:
            reading.take_back(bad)
        told.append(bad[ROW].to_numpy())


def last_look(source: Source, reading: Reading, outside: Outside) -> None:
    """Have the keeper forget and refuse rows that are bad for what stands beyond the file.

    Raises:
        FaultFound: too much of the file is.
    """
    rows, reason = outside.settle(_numbers(reading.refused))
    if not len(rows):
        return
    names = tuple(reason["column"].split(", "))
    warns = reading.plan.warns(reason["column"], reason["check"])
    if not warns:
        _refuse_too_many(reading, len(rows), names)
    for batch in batches(source, reading.plan, reading.limits):
        chosen = np.flatnonzero(np.isin(batch.row, rows))
        if len(chosen):
            found = _Candidates()
            found.add(batch, chosen, reading.plan, names)
            why = pl.Series([[reason]] * len(chosen), dtype=pl.List(REASON))
            bad = bad_rows(joined(found.evidence), found.text, why)
            reading.warnings.add(bad) if warns else reading.take_back(bad)


def _refuse_too_many(reading: Reading, count: int, group: tuple[str, ...]) -> None:
    total = reading.good + reading.bad
    hopeless = count >= reading.limits.hopeless_rows and count > reading.limits.bad_share * total
    if hopeless or count > reading.limits.copies:
        what = f"about {count:,} of {total:,} rows share their {', '.join(group)} with another row"
        raise FaultFound("too_many_bad_rows", what, "Send each row once")


def _numbers(parts: list[Numbers]) -> Numbers:
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])
