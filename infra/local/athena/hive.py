"""Read the files of a plain Glue table (Parquet, CSV, JSON) into Arrow, by its catalogue entry's columns."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from botocore.exceptions import ClientError

from infra.local.athena import catalog
from infra.local.athena.failures import not_supported

if TYPE_CHECKING:
    from collections.abc import Iterable

    from infra.local.athena.access import Access


@dataclass(frozen=True)
class DataFile:
    """One object under a table's location."""

    bucket: str
    key: str
    size: int
    partition: tuple[str, ...]


def files(access: Access, table: catalog.Table) -> list[DataFile]:
    """The objects that a query over `table` reads."""
    if not table.partition_keys:
        return list(_listed(access, table.location, ()))
    found = catalog.partitions(access, table)
    return [file for values, location in found for file in _listed(access, location, values)]


def _listed(access: Access, location: str, partition: tuple[str, ...]) -> Iterable[DataFile]:
    place = urlsplit(location)
    prefix = place.path.lstrip("/").rstrip("/") + "/"
    try:
        pages = (
            access.client("s3").get_paginator("list_objects_v2").paginate(Bucket=place.netloc, Prefix=prefix)
        )
        for entry in (entry for page in pages for entry in page.get("Contents", [])):
            hidden = entry["Key"].rsplit("/", 1)[-1].startswith(("_", "."))  # as Hive has it
            if not hidden and entry["Size"]:
                yield DataFile(place.netloc, entry["Key"], entry["Size"], partition)
    except ClientError as error:
        raise catalog.refused(error) from error


def read(access: Access, table: catalog.Table, found: list[DataFile], wanted: list[str]) -> pa.Table:
    """The `wanted` columns of the files: typed as stored for Parquet, as text for CSV and JSON."""
    reader = _reader(table)
    partition_names = [name for name, _ in table.partition_keys]
    stored = [name for name in wanted if name not in partition_names]
    parts = []
    for file in found:
        part = reader(_bytes(access, file), table, stored)
        for name, value in zip(partition_names, file.partition, strict=False):
            if name in wanted:
                part = part.append_column(name, pa.array([value] * part.num_rows, pa.string()))
        parts.append(part.select(wanted))
    if not parts:
        return pa.table({name: pa.array([], pa.string()) for name in wanted})
    return pa.concat_tables(parts, promote_options="permissive")


def _reader(table: catalog.Table) -> Any:
    for hint, reader in _READERS:
        if hint in table.serde.lower() or hint in table.input_format.lower():
            return reader
    raise not_supported(f"the format of the table {table.name!r} ({table.serde or table.input_format})")


def _bytes(access: Access, file: DataFile) -> pa.Buffer:
    try:
        body = access.client("s3").get_object(Bucket=file.bucket, Key=file.key)["Body"].read()
    except ClientError as error:
        raise catalog.refused(error) from error
    if body[:2] == b"\x1f\x8b":
        with pa.input_stream(io.BytesIO(body), compression="gzip") as stream:
            return pa.py_buffer(stream.read())
    return pa.py_buffer(body)


def _parquet(data: pa.Buffer, _table: catalog.Table, wanted: list[str]) -> pa.Table:
    file = pa.parquet.ParquetFile(pa.BufferReader(data))
    by_lower = {name.lower(): name for name in file.schema_arrow.names}
    rows = file.read([by_lower[name] for name in wanted if name in by_lower])
    if not rows.num_columns:
        rows = pa.table({"__rows": pa.nulls(file.metadata.num_rows)})
    rows = rows.rename_columns([name.lower() for name in rows.column_names])
    for name in wanted:
        if name not in rows.column_names:  # added to the table after this file was written
            rows = rows.append_column(name, pa.nulls(rows.num_rows))
    return rows


def _csv(data: pa.Buffer, table: catalog.Table, wanted: list[str]) -> pa.Table:
    names = [name for name, _ in table.columns]
    options = table.serde_parameters
    opened = "opencsv" in table.serde.lower()
    skipped = options.get("skip.header.line.count") or table.parameters.get("skip.header.line.count") or "0"
    delimiter = options.get("field.delim") or options.get("separatorChar") or ("," if opened else "\x01")
    quote = (options.get("quoteChar") or '"') if opened else False
    null = [] if opened else [options.get("serialization.null.format", "\\N")]
    return pa.csv.read_csv(
        pa.BufferReader(data),
        pa.csv.ReadOptions(column_names=names, skip_rows=int(skipped)),
        pa.csv.ParseOptions(delimiter=delimiter, quote_char=quote, newlines_in_values=opened),
        pa.csv.ConvertOptions(
            column_types={name: pa.string() for name in names},
            include_columns=wanted,
            null_values=null,
            strings_can_be_null=True,
        ),
    )


def _json(data: pa.Buffer, _table: catalog.Table, wanted: list[str]) -> pa.Table:
    rows = [orjson.loads(line) for line in data.to_pybytes().splitlines() if line.strip()]
    lowered = [{key.lower(): value for key, value in row.items()} for row in rows]
    columns = {name: pa.array([_json_text(row.get(name)) for row in lowered], pa.string()) for name in wanted}
    return pa.table(columns) if columns else pa.table({"__rows": pa.nulls(len(rows))})


def _json_text(value: Any) -> str | None:  # Any: whatever JSON holds
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


_READERS = (("parquet", _parquet), ("json", _json), ("csv", _csv), ("lazysimple", _csv))
