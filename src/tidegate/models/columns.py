"""Name column types in a model's card, and bring frames to the types that a contract or a card names."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from tidegate.errors import ContractMistake

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

UTC_MOMENT = pl.Datetime("us", "UTC")
_NAMED: dict[str, Any] = {
    "moment": UTC_MOMENT,
    "time": pl.Datetime("us"),
    "date": pl.Date,
    "text": pl.String,
    "truth": pl.Boolean,
    "whole": pl.Int64,
    "number": pl.Float64,
}


def name_of(dtype: pl.DataType) -> str:
    """The card's name for a column type.

    Raises:
        ContractMistake: a model cannot read such a column.
    """
    if isinstance(dtype, pl.Datetime):
        return "moment" if dtype.time_zone else "time"
    if dtype.is_integer():
        return "whole"
    if dtype.is_numeric():
        return "number"
    plain = {pl.String: "text", pl.Boolean: "truth", pl.Date: "date", pl.Categorical: "text", pl.Enum: "text"}
    try:
        return plain[dtype.base_type()]
    except KeyError:
        raise ContractMistake(
            "a model's columns", f"the type {dtype} is not one that a model reads", "Leave that column out"
        ) from None


def as_named(frame: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """The columns of `names`, each in the type that its name means; a column that is not there is null."""
    return frame.select(_cast(frame, column, _NAMED[name]).alias(column) for column, name in names.items())


def from_rows(rows: list[dict[str, Any]], names: Mapping[str, str]) -> pl.DataFrame:
    """Rows of JSON values as a frame of the named types; a moment that cannot be read is null."""
    reads = [(column, _READ.get(name)) for column, name in names.items()]
    return from_values([tuple(_read(row.get(column), read) for column, read in reads) for row in rows], names)


def from_values(rows: Sequence[tuple[Any, ...]], names: Mapping[str, str]) -> pl.DataFrame:
    """Rows of values, in the order of `names` and each of the type that its name means, as a frame."""
    return pl.DataFrame(rows, schema={column: _NAMED[name] for column, name in names.items()}, orient="row")


def _read(value: Any, read: Callable[[Any], Any] | None) -> Any:
    return value if value is None or read is None else read(value)


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    at = _time(text)
    return at and (at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC))


_READ: dict[str, Callable[[Any], Any]] = {
    "moment": _moment,
    "time": _time,
    "date": date.fromisoformat,
    "number": float,
}


def _cast(frame: pl.DataFrame, column: str, dtype: Any) -> pl.Expr:
    if column not in frame.columns:
        return pl.lit(None, dtype=dtype)
    found = frame.schema[column]
    if found == pl.String and dtype == UTC_MOMENT:
        return pl.col(column).str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
    if found == pl.String and dtype == pl.Datetime("us"):
        return pl.col(column).str.to_datetime(time_unit="us", strict=False)
    if found == pl.String and dtype == pl.Date:
        return pl.col(column).str.to_date(strict=False)
    if isinstance(found, pl.Datetime) and dtype == UTC_MOMENT and found.time_zone is None:
        return pl.col(column).dt.cast_time_unit("us").dt.replace_time_zone("UTC")
    return pl.col(column).cast(dtype)
