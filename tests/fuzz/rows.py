"""Rows of the fuzzed dataset: what they hold, which keep the contract, and how each format writes them.

The oracle of an unhurt file is `bad_rows`: plain Python, that knows no reader.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from tests.tidegate.contract.reading.workbooks import workbook
from tidegate.contract.formats import Header

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from tidegate.contract.formats import Csv


class Row(NamedTuple):
    """One row as it should arrive."""

    key: int
    count: int
    price: float | None
    day: date
    name: str | None
    flag: bool


def made(chance: random.Random) -> list[Row]:
    """Rows as their contract wants them, but for one here and there."""
    return [_row(chance, number) for number in range(chance.choice([0, 1, 2, 5, 40, 300]))]


def _row(chance: random.Random, number: int) -> Row:
    return Row(
        key=number if chance.random() < 0.97 else chance.randrange(number + 3),
        count=chance.randrange(-5, 300),
        price=chance.choice([1.5, 0.0, -3.25, 1000.0, None, 12.0]),
        day=date(2000 + chance.randrange(10, 30), chance.randrange(1, 13), chance.randrange(1, 29)),
        name=chance.choice(["ann", None, "a, b", "a\nb", 'a"b', "é", "bob", "=1+1", "𝄞", "\ufeffx", " x "]),
        flag=chance.random() < 0.5,
    )


def bad_rows(rows: Sequence[Row]) -> set[int]:
    """The numbers, from 1, of the rows that break the contract."""
    keys = Counter(row.key for row in rows)
    return {
        number
        for number, row in enumerate(rows, 1)
        if keys[row.key] > 1
        or not 0 <= row.count < 299
        or (row.price is not None and row.price > 100 and row.count > 10)
    }


def as_csv(chance: random.Random, rows: Sequence[Row], form: Csv) -> bytes:
    """The rows as this contract wants its text."""
    out = io.StringIO(newline="")
    for number in range(form.skip_lines):
        out.write(f"line {number}\n")
    quoting = csv.QUOTE_NONE if form.quote is None else chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    written = csv.writer(
        out,
        delimiter=form.delimiter,
        quotechar=form.quote,
        quoting=quoting,
        lineterminator=chance.choice(["\n", "\n", "\r\n"]),
    )
    if form.header != Header.NONE:
        names = Row._fields
        written.writerow([name.upper() for name in names] if form.header == Header.ANY_CASE else names)
    for row in rows:
        price = "" if row.price is None else repr(row.price).replace(".", form.decimal)
        written.writerow([row.key, row.count, price, row.day, row.name or "", str(row.flag).lower()])
    return out.getvalue().encode(form.encoding)


def plain(rows: Sequence[Row], form: Csv) -> list[Row]:
    """The rows, their names such as this contract's text can hold."""
    return [row._replace(name="x") if _beyond(row.name or "", form) else row for row in rows]


def _beyond(name: str, form: Csv) -> bool:
    special = form.quote is None and any(mark in name for mark in ("\n", '"', form.delimiter))
    return special or name.encode(form.encoding, "replace").decode(form.encoding) != name


def _object(chance: random.Random, row: Row) -> dict[str, object]:
    cells = list({**row._asdict(), "day": row.day.isoformat()}.items())
    if chance.random() < 0.2:
        chance.shuffle(cells)
    return dict(cells)


def as_json_lines(chance: random.Random, rows: Sequence[Row]) -> bytes:
    """One object a line."""
    ascii_only = chance.random() < 0.5
    end = chance.choice(["\n", "\n", "\r\n"])
    lines = [json.dumps(_object(chance, row), ensure_ascii=ascii_only) + end for row in rows]
    return "".join(lines).encode()


def as_json_list(chance: random.Random, rows: Sequence[Row]) -> bytes:
    """One list of objects, on one line or many."""
    indent = chance.choice([None, 0, 2])
    objects = [_object(chance, row) for row in rows]
    if indent is None and chance.random() < 0.5:
        return ("[\n" + ",\n".join(json.dumps(one) for one in objects) + "\n]").encode()
    return json.dumps(objects, indent=indent, ensure_ascii=False).encode()


def as_parquet(chance: random.Random, rows: Sequence[Row]) -> bytes:
    """Parquet by one of two writers, in one of many ways."""
    types = {"key": pl.Int32, "count": pl.Int16, "price": pl.Float64, "day": pl.Date}
    frame = pl.DataFrame(rows, schema={**types, "name": pl.String, "flag": pl.Boolean}, orient="row")
    frame = frame.select(chance.sample(frame.columns, len(frame.columns)))
    out = io.BytesIO()
    groups = chance.choice([1, 7, 100, 1000]) if frame.height < 50 else chance.choice([50, 1000])
    if chance.random() < 0.5:
        packing = chance.choice(["uncompressed", "uncompressed", "snappy", "zstd", "gzip", "lz4", "brotli"])
        frame.write_parquet(out, compression=packing, row_group_size=groups, data_page_size=200)
        return out.getvalue()
    pq.write_table(
        frame.to_arrow().cast(pa.schema([(n, _arrow(n)) for n in frame.columns])),
        out,
        row_group_size=groups,
        compression=chance.choice(["none", "none", "snappy", "zstd"]),
        use_dictionary=chance.random() < 0.5,
        data_page_version=chance.choice(["1.0", "2.0"]),
        data_page_size=chance.choice([64, 1000, 1 << 20]),
        write_page_checksum=chance.random() < 0.3,
    )
    return out.getvalue()


def _arrow(name: str) -> pa.DataType:
    kinds = {"key": pa.int32(), "count": pa.int16(), "price": pa.float64(), "day": pa.date32()}
    return {**kinds, "name": pa.string(), "flag": pa.bool_()}[name]


def as_workbook(chance: random.Random, rows: Sequence[Row]) -> bytes:
    """A workbook of one sheet."""
    serial = [(row.day - date(1899, 12, 30)).days for row in rows]
    days: list[object] = [
        f'<c r="{{at}}" s="1"><v>{number}</v></c>'.encode() if chance.random() < 0.5 else row.day.isoformat()
        for number, row in zip(serial, rows, strict=True)
    ]
    table: list[list[object]] = [
        [row.key, row.count, row.price, day, row.name, row.flag] for row, day in zip(rows, days, strict=True)
    ]
    return workbook({"rows": [list(Row._fields), *table]})
