"""What a dataset's own step returns, held against the contract of the published table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tidegate.contract.changes import OnChange
from tidegate.contract.compile import plan_of
from tidegate.contract.severity import of_published
from tidegate.contract.typed import judge_typed

if TYPE_CHECKING:
    from tidegate.contract.batch import Numbers
    from tidegate.contract.compiled import Plan
    from tidegate.contract.declare import Dataset


_FOUND = "_found"


class KeyChanged(Exception):
    """A step gave a row another key, so that what came beside the contract's columns has no row any more."""


@dataclass(frozen=True)
class Stepped:
    """Rows that a step returned, by whether they keep the contract."""

    good: pl.DataFrame
    row: Numbers  # of each good row in what the step returned, from 1
    bad: pl.DataFrame  # BAD_SCHEMA; what the step made of a row stands in the place of its text and bytes


def after_step(dataset: Dataset, staged: pl.DataFrame, *, first: int = 1) -> Stepped:
    """Run the dataset's own step on rows, and judge what it returns by the contract of the table.

    Args:
        dataset: one with a step.
        staged: good rows, as they arrived; the step sees the contract's columns of them.
        first: the number of the first row that it returns.

    Raises:
        KeyChanged: there are other columns, and no telling which row they belong to.
    """
    if dataset.transform is None:
        raise TypeError(f"{dataset.name} has no step")
    columns = plan_of(dataset).columns
    returned = dataset.transform(staged.select(columns))
    row = np.arange(first, first + returned.height, dtype=np.int64)
    good, keeps, bad = judge_typed(published_plan(dataset), returned, row)
    return Stepped(
        _with_more(good, staged.drop(set(columns) - set(dataset.key)), dataset.key), row[keeps], bad
    )


def _with_more(good: pl.DataFrame, arrived: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    """The step's rows, each with what its row brought beside the contract's columns.

    Raises:
        KeyChanged: the step returned a row under a key that none arrived with.
    """
    if arrived.width == len(key):
        return good
    found = good.join(
        arrived.with_columns(pl.lit(True).alias(_FOUND)), on=key, how="left", maintain_order="left"
    )
    if found[_FOUND].null_count():
        raise KeyChanged
    return found.drop(_FOUND)


@cache
def published_plan(dataset: Dataset) -> Plan:
    """The rules of the published table's rows; a key must be unique in a file, not in a step's result."""
    row = dataset.table_row
    columns = tuple(row.to_schema().columns)
    key = tuple(name for name in dataset.key if name in columns)
    published = replace(
        dataset,
        row=row,
        published=None,
        transform=None,
        key=key,
        severities=of_published(dataset),
        file_rules=(),
        unique_across_files=False,
        references=(),
        on_change=OnChange.STRICT,
    )
    return replace(plan_of(published).only(columns), version=plan_of(dataset).version)
