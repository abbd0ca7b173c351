"""Which types of a Parquet file a contract's types may hold, and which of its values no contract takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tidegate.contract.cells import UNKNOWN
from tidegate.contract.reading.json_batch import reasons_series
from tidegate.contract.source import FaultFound
from tidegate.contract.verdict import defused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidegate.contract.arriving import Arriving
    from tidegate.contract.compiled import Plan


_DAYS = (-719_162, 2_932_897)  # of 0001-01-01 and of the day after 9999-12-31, from 1970-01-01
_SECOND = {"ms": 1000, "us": 1_000_000, "ns": 1_000_000_000}


def check_types(given: Mapping[str, pl.DataType], plan: Plan, arriving: Arriving) -> None:
    """Refuse a file that has a column of another kind than the contract; each value is compared later.

    Raises:
        FaultFound: `header_mismatch`.
    """
    wanted = dict(zip(plan.headers, plan.types.items(), strict=True))
    wrong = []
    for header, kind in given.items():
        if header not in wanted:
            wrong += [] if _has_text(kind) else [f"{header[:60]!r} is {kind}, of which there is no text"]
        elif not _may_hold(wanted[header][1], kind):
            arriving.retyped.add(wanted[header][0])
            wrong.append(f"{header[:60]!r} is {kind}, and the contract says {wanted[header][1]}")
    if wrong:
        step = "Write the contract's types, or change the contract in schemas/"
        raise FaultFound("header_mismatch", "; ".join(wrong[:20]), step)


def _has_text(kind: pl.DataType) -> bool:
    """Whether a column that the contract does not know can be kept as text."""
    return kind.is_numeric() or isinstance(
        kind, pl.String | pl.Boolean | pl.Date | pl.Datetime | pl.Time | pl.Categorical | pl.Enum | pl.Null
    )


def as_texts(cells: pl.DataFrame) -> list[pl.Expr]:
    """The columns that the contract does not know, as text."""
    unknown = {name: kind for name, kind in cells.schema.items() if name.startswith(UNKNOWN)}
    return [
        pl.col(name).dt.to_string("iso:strict")
        if isinstance(kind, pl.Datetime)
        else pl.col(name).cast(pl.String)
        for name, kind in unknown.items()
    ]


def _may_hold(kind: pl.DataType, given: pl.DataType) -> bool:
    """Whether values of one type may stand in a column of another, each as far as it is not changed."""
    if kind.is_integer() or kind.is_float():
        fits = given.is_numeric()
    elif kind.is_decimal():
        fits = given.is_integer() or given.is_decimal()
    elif kind == pl.String:
        fits = isinstance(given, pl.Categorical | pl.Enum)
    elif kind == pl.Date:
        fits = isinstance(given, pl.Datetime) and given.time_zone is None
    elif isinstance(kind, pl.Datetime) and isinstance(given, pl.Datetime):
        fits = (kind.time_zone is None) == (given.time_zone is None)
    else:
        fits = False
    return fits or given in {kind, pl.Null()}


def readable(cells: pl.DataFrame, plan: Plan) -> tuple[pl.DataFrame, pl.Series | None]:
    """The cells without values that no text file may hold either, and for each row what these were.

    They are NaN and infinity, and dates outside the years 1 to 9999, over which a reader may fall.
    """
    wrong: dict[str, tuple[pl.Series, str]] = {}
    for name, kind in cells.schema.items():
        if kind.is_float() and name in plan.types:
            wrong[name] = ~cells[name].is_finite(), "NaN or infinity is no number"
        elif isinstance(kind, pl.Date | pl.Datetime):
            ticks = 1 if kind == pl.Date else _SECOND[kind.time_unit] * 86_400  # type: ignore[union-attr]
            first, behind = (min(max(day * ticks, -(2**63)), 2**63 - 1) for day in _DAYS)
            days = cells[name].to_physical()
            wrong[name] = (days < first) | (days >= behind), "a date is outside the years 1 to 9999"
    wrong = {name: (found.fill_null(False), said) for name, (found, said) in wrong.items()}
    wrong = {name: one for name, one in wrong.items() if one[0].any()}
    if not wrong:
        return cells, None
    against: list[list[tuple[str, str, str]]] = [[] for _ in range(cells.height)]
    for name, (found, said) in wrong.items():
        for index in found.arg_true():
            against[index].append((defused(name.removeprefix(UNKNOWN)), "type", said))
    emptied = (pl.when(~found).then(pl.col(name)).alias(name) for name, (found, _) in wrong.items())
    return cells.with_columns(emptied), reasons_series(against)
