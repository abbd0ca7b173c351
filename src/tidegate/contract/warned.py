"""Rows that break a rule which only warns: they are counted, a few are shown, and they are published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tidegate.contract.reasons import broken
from tidegate.contract.verdict import EXAMPLES, LINE, REASONS, ROW, Example

if TYPE_CHECKING:
    from tidegate.contract.batch import Batch, Numbers
    from tidegate.contract.compiled import Plan, Rule
    from tidegate.contract.verdict import Tally


def count_warnings(plan: Plan, batch: Batch, judged: pl.DataFrame, tally: Tally) -> None:
    """Count the rows of a batch that break rules which only warn."""
    quick = [rule for rule in plan.warnings if rule.keeps is not None]
    if quick:
        sums = judged.select(
            (~rule.keeps).sum().alias(str(at)) for at, rule in enumerate(quick) if rule.keeps is not None
        ).row(0)
        for rule, rows in zip(quick, sums, strict=True):
            if rows:
                _count(plan, rule, batch, judged, rows=rows, tally=tally)
    for rule in plan.warnings:
        rows = int((~rule.slow(judged.select(plan.columns))).sum()) if rule.slow is not None else 0
        if rows:
            _count(plan, rule, batch, judged, rows=rows, tally=tally)


def _count(plan: Plan, rule: Rule, batch: Batch, judged: pl.DataFrame, *, rows: int, tally: Tally) -> None:
    name = (rule.column, rule.check)
    missing = EXAMPLES - len(tally.examples.get(name, ()))
    if missing <= 0:
        tally.more(name, rows)
        return
    found = broken(plan, rule, judged).head(missing)
    at = found["_at"].cast(pl.Int64).to_numpy()
    tally.more(name, rows, _examples(batch, at, found["reason"].struct.field("said").to_list()))


def count_copies(batch: Batch, copies: pl.Series, reason: dict[str, str], tally: Tally) -> None:
    """Count the rows of a batch that share their values, where that only warns."""
    at = np.flatnonzero(copies.to_numpy())
    few = at[:EXAMPLES]
    name = (reason["column"], reason["check"])
    tally.more(name, len(at), _examples(batch, few, [reason["said"]] * len(few)))


def without_warnings(plan: Plan, batch: Batch, why: pl.Series, tally: Tally) -> pl.Series:
    """Lists of reasons, one for each row of a batch, less those that only warn; these are counted."""
    names = [name for name in plan.severities if plan.warns(*name)]
    if not names:
        return why
    element = pl.element().struct
    only = pl.any_horizontal(
        (element.field("column") == column) & (element.field("check") == check) for column, check in names
    )
    parted = (
        why.alias("why")
        .to_frame()
        .select(pl.col("why").list.filter(~only), pl.col("why").list.filter(only).alias("warned"))
    )
    at = np.flatnonzero((parted["warned"].list.len() > 0).to_numpy())
    if len(at):
        evidence = batch.records(at)
        tally.add(
            pl.DataFrame({ROW: evidence.row, LINE: evidence.line, REASONS: parted["warned"].gather(at)})
        )
    return parted["why"]


def _examples(batch: Batch, at: Numbers, said: list[str]) -> list[Example]:
    evidence = batch.records(at)
    return [
        Example(row, line, words)
        for row, line, words in zip(evidence.row.tolist(), evidence.line.tolist(), said, strict=True)
    ]
