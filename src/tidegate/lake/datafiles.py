"""Write rows as Parquet data files into a table's location, with what a manifest wants to know of each.

The table knows nothing of them until `publish` commits the list. Only polars is needed here: a reader finds
columns by the table's name mapping, since polars writes no Iceberg field ids.
"""

from __future__ import annotations

import io
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from tidegate.contract.verdict import ROW
from tidegate.errors import ContractMistake
from tidegate.lake import filelist, layout
from tidegate.lake.filelist import Bound, DataFile
from tidegate.lake.heap import Heap
from tidegate.plan import OBJECT_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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


@dataclass(frozen=True)
class TableShelf:
    """The data files of one landed file's good rows, in its table's location."""

    s3: Any
    bucket: str
    spec: TableSpec
    edition: str

    @property
    def value(self) -> pl.Expr | None:
        """The value of Iceberg's transform of the partition column."""
        if not self.spec.partition_column:
            return None
        kind = next(field.type for field in self.spec.fields if field.name == self.spec.partition_column)
        return _ordinal(pl.col(self.spec.partition_column).cast(polars_type(kind)), self.spec.partition_grain)

    def put(self, number: int, value: int | None, rows: pl.DataFrame) -> bytes:
        """Write rows of one partition as one data file; its line of the list is returned.

        Raises:
            ContractMistake: a column of the table is not among the rows.
        """
        written = self.write(number, value, rows)
        return json.dumps(written.to_json(), separators=(",", ":")).encode()

    def write(self, number: int, value: int | None, rows: pl.DataFrame) -> DataFile:
        """Write rows of one partition as one data file.

        Raises:
            ContractMistake: a column of the table is not among the rows.
        """
        typed = as_table(self.spec, self.edition.partition("-")[0], rows)
        body = io.BytesIO()
        typed.write_parquet(body, compression="zstd", compression_level=1)
        key, size = self._key(number, value), body.tell()
        body.seek(0)
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        plain = _plain(typed)
        return DataFile(
            uri=layout.uri(self.bucket, key),
            rows=typed.height,
            bytes=size,
            partition=value,
            nulls={name: typed[name].null_count() for name in typed.columns},
            lower=_bounds(plain, pl.Expr.min, upper=False),
            upper=_bounds(plain, pl.Expr.max, upper=True),
            added=tuple(typed.columns[len(self.spec.fields) :]),
        )

    def fetch(self, number: int, value: int | None) -> pl.DataFrame:
        """The rows of a data file that was written."""
        body = self.s3.get_object(Bucket=self.bucket, Key=self._key(number, value))["Body"].read()
        return pl.read_parquet(io.BytesIO(body))

    def save(self, lines: Iterable[bytes]) -> None:
        """Leave the list of the data files for `publish`."""
        filelist.save(self.s3, self.bucket, self.spec.name, self.edition, lines)

    def _key(self, number: int, value: int | None) -> str:
        column, grain = self.spec.partition_column, self.spec.partition_grain
        folder = {f"{column}_{grain}": str(value)} if column else {}
        return layout.data_key(self.spec.name, folder, self.edition, number)


def write(s3: Any, bucket: str, spec: TableSpec, object_id: str, rows: pl.DataFrame) -> tuple[DataFile, ...]:
    """Write rows that are all at hand as data files, one for each partition that they fall into.

    Raises:
        ContractMistake: a column of the table is not among the rows.
    """
    shelf = TableShelf(s3, bucket, spec, object_id)
    heap = Heap(shelf.value)
    heap.add(rows, np.arange(rows.height, dtype=np.int64))
    return tuple(
        shelf.write(number, value if spec.partition_column else None, heap.of(value).drop(ROW))
        for number, value in enumerate(sorted(heap.sizes))
    )


def as_table(spec: TableSpec, object_id: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with the table's columns and types, each with the id of the object it came with.

    What the rows hold beyond the contract follows as text.
    """
    named = rows.with_columns(pl.lit(object_id).alias(OBJECT_ID))
    missing = [field.name for field in spec.fields if field.name not in named.columns]
    if missing:
        raise ContractMistake(
            f"schemas/{spec.name}.py",
            f"the rows lack {', '.join(missing)}, which the table has",
            "Let the transform return each column of `published`",
        )
    known = {field.name: pl.col(field.name).cast(polars_type(field.type)) for field in spec.fields}
    added = [pl.col(name).cast(pl.String) for name in named.columns if name not in known]
    return named.select(*known.values(), *added)


def polars_type(iceberg: str) -> pl.DataType:
    """The polars type that is written as an Iceberg type."""
    if iceberg.startswith("decimal("):
        precision, scale = iceberg.removeprefix("decimal(").removesuffix(")").split(",")
        return pl.Decimal(int(precision), int(scale))
    return _TYPES[iceberg]


def _ordinal(column: pl.Expr, grain: str) -> pl.Expr:
    """Years, months or days since 1970, as https://iceberg.apache.org/spec/#partition-transforms has them."""
    if grain == "day":
        return column.cast(pl.Date).cast(pl.Int32)
    years = column.dt.year().cast(pl.Int32) - 1970
    return years if grain == "year" else years * 12 + column.dt.month().cast(pl.Int32) - 1


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
