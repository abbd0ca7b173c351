"""Which types of a Parquet file a contract's types may hold, and which of its values no contract takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tidegate.contract.reading.json_batch import reasons_series
from tidegate.contract.source import FaultFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidegate.contract.compiled import Plan


def check_types(given: Mapping[str, pl.DataType], plan: Plan) -> None:
    """Refuse a file that has a column of another kind than the contract; each value is compared later.

    Raises:
        FaultFound: `header_mismatch`.
    """
    wrong = [
        f"{header[:60]!r} is {given[header]}, and the contract says {kind}"
        for header, kind in zip(plan.headers, plan.types.values(), strict=True)
        if not _may_hold(kind, given[header])
    ]
    if wrong:
        step = "Write the contract's types, or change the contract in schemas/"
        raise FaultFound("header_mismatch", "; ".join(wrong[:20]), step)


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


def not_finite(cells: pl.DataFrame, plan: Plan) -> pl.Series | None:
    """For each row what is no number in it: NaN and infinity, which no text file may hold either."""
    floats = [name for name in plan.columns if cells.schema[name].is_float()]
    wrong = {name: cells[name].is_finite().fill_null(True) for name in floats}
    wrong = {name: fine for name, fine in wrong.items() if not fine.all()}
    if not wrong:
        return None
    against: list[list[tuple[str, str, str]]] = [[] for _ in range(cells.height)]
    for name, fine in wrong.items():
        for index in (~fine).arg_true():
            against[index].append((name, "type", f"{cells[name][index]} is no number"))
    return reasons_series(against)
