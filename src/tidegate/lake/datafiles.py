"""Write rows as Parquet data files into a table's location, with what a manifest wants to know of each.

The table knows nothing of them until `publish` commits the list. Only polars is needed here: a reader finds
columns by the table's name mapping, since polars writes no Iceberg field ids.
"""

from __future__ import annotations

import io
import json
import math
from typing import TYPE_CHECKING, Any

import polars as pl

from tidegate.errors import ContractMistake
from tidegate.lake import layout
from tidegate.lake.filelist import Bound, DataFile
from tidegate.plan import OBJECT_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tidegate.plan import TableSpec

_LONGEST_BOUND = 64
_TYPES: dict[str, pl.DataType] = {
    "string": pl.String(),
    "boolean": pl.Boolean(),
    "int": pl.Int32(),
    "long": pl.Int64(),
    "float": pl.Float32(),
    "double": pl.Float64(),
    "date": pl.Date(),
    "timestamp": pl.Datetime("us"),
    "timestamptz": pl.Datetime("us", "UTC"),
}


def write(s3: Any, bucket: str, spec: TableSpec, object_id: str, rows: pl.DataFrame) -> tuple[DataFile, ...]:
    """Write `rows` as data files of one object, one for each partition that they fall into.

    Raises:
        ContractMistake: a column of the table is not among the rows.
    """
    typed = as_table(spec, object_id, rows)
    return tuple(
        _write_one(s3, bucket, spec, object_id, number=number, value=value, rows=part)
        for number, (value, part) in enumerate(_partitions(spec, typed))
    )


def as_table(spec: TableSpec, object_id: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with the table's columns and types, each with the id of the object it came with."""
    named = rows.with_columns(pl.lit(object_id).alias(OBJECT_ID))
    missing = [field.name for field in spec.fields if field.name not in named.columns]
    if missing:
        raise ContractMistake(
            f"schemas/{spec.name}.py",
            f"the rows lack {', '.join(missing)}, which the table has",
            "Let the transform return each column of `published`",
        )
    return named.select(pl.col(field.name).cast(polars_type(field.type)) for field in spec.fields)


def polars_type(iceberg: str) -> pl.DataType:
    """The polars type that is written as an Iceberg type."""
    if iceberg.startswith("decimal("):
        precision, scale = iceberg.removeprefix("decimal(").removesuffix(")").split(",")
        return pl.Decimal(int(precision), int(scale))
    return _TYPES[iceberg]


def _partitions(spec: TableSpec, rows: pl.DataFrame) -> Iterator[tuple[int | None, pl.DataFrame]]:
    """The rows by the value of Iceberg's transform of the partition column, in its order."""
    if not spec.partition_column:
        if rows.height:
            yield None, rows
        return
    value = _ordinal(pl.col(spec.partition_column), spec.partition_grain)
    cut = rows.with_columns(value.alias("_partition")).sort(
        "_partition", maintain_order=True, nulls_last=True
    )
    for part in cut.partition_by("_partition", maintain_order=True):
        yield part.item(0, "_partition"), part.drop("_partition")


def _ordinal(column: pl.Expr, grain: str) -> pl.Expr:
    """Years, months or days since 1970, as https://iceberg.apache.org/spec/#partition-transforms has them."""
    if grain == "day":
        return column.cast(pl.Date).cast(pl.Int32)
    years = column.dt.year().cast(pl.Int32) - 1970
    return years if grain == "year" else years * 12 + column.dt.month().cast(pl.Int32) - 1


def _write_one(
    s3: Any,
    bucket: str,
    spec: TableSpec,
    object_id: str,
    *,
    number: int,
    value: int | None,
    rows: pl.DataFrame,
) -> DataFile:
    body = io.BytesIO()
    rows.write_parquet(body, compression="zstd", compression_level=1)
    folder = (
        {f"{spec.partition_column}_{spec.partition_grain}": "null" if value is None else str(value)}
        if spec.partition_column
        else {}
    )
    key = layout.data_key(spec.name, folder, object_id, number)
    s3.put_object(Bucket=bucket, Key=key, Body=body.getvalue())
    plain = _plain(rows)
    return DataFile(
        uri=layout.uri(bucket, key),
        rows=rows.height,
        bytes=body.tell(),
        partition=value,
        nulls={name: rows[name].null_count() for name in rows.columns},
        lower=_bounds(plain, pl.Expr.min, upper=False),
        upper=_bounds(plain, pl.Expr.max, upper=True),
    )


def _plain(rows: pl.DataFrame) -> pl.DataFrame:
    """The columns that have bounds, written as those are: days and microseconds since 1970."""
    return rows.select(
        pl.col(name).to_physical() for name, kind in rows.schema.items() if not isinstance(kind, pl.Decimal)
    )


def _bounds(plain: pl.DataFrame, which: Callable[[pl.Expr], pl.Expr], *, upper: bool) -> dict[str, Bound]:
    extremes = plain.select(which(pl.all())).row(0, named=True)
    bounds = {name: _bound(value, upper=upper) for name, value in extremes.items()}
    return {name: bound for name, bound in bounds.items() if bound is not None}


def _bound(value: Any, *, upper: bool) -> Bound | None:
    """A bound as JSON can hold it; none where it would be wrong to state one."""
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        # A shortened text is still a lower bound, but no upper one.
        return value if len(value) <= _LONGEST_BOUND else None if upper else value[:_LONGEST_BOUND]
    return None


def save(s3: Any, bucket: str, dataset: str, object_id: str, files: tuple[DataFile, ...]) -> None:
    """Leave the list of an object's data files for `publish`."""
    body = json.dumps([file.to_json() for file in files]).encode()
    s3.put_object(Bucket=bucket, Key=layout.data_files_key(dataset, object_id), Body=body)
