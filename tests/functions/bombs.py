"""Small files that would be large, deep or wide if anyone took them at their word.

`Bomb.codes` are the faults that each may come to. One that holds rows which can be taken piece by piece
may as well be read to its end: only time and memory are judged then.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from tests.tidegate.contract.reading.workbooks import workbook

if TYPE_CHECKING:
    from collections.abc import Callable

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

HEADER = b"id,what\n"
MB = 1 << 20
DEEP = 100_000
_FAR = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'


@dataclass(frozen=True)
class Bomb:
    """One bomb: how its bytes are made, of so many megabytes where that matters."""

    ending: str
    codes: frozenset[str]
    made: Callable[[int], bytes]


def _members(pack: Callable[[bytes], bytes], text: bytes, megabytes: int) -> bytes:
    """So many megabytes of text, packed, as members or frames end to end."""
    first, one = pack(HEADER), pack(text * (16 * MB // len(text)))
    return first + one * (megabytes // 16)


def _rows(megabytes: int) -> bytes:
    """Rows that keep the contract, but for their key."""
    return b"1,a\n" * (megabytes * MB // 4)


def _cells(text: str, cells: int) -> bytes:
    """A workbook whose every row has one long text, that stands once in its list of texts."""
    row = '<row r="{0}"><c r="A{0}"><v>{0}</v></c><c r="B{0}" t="s"><v>2</v></c></row>'
    head = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
    rows = "".join(row.format(at) for at in range(2, cells + 2))
    return workbook({"S": head + rows}, texts=["id", "what", text])


def _parquet(table: pa.Table, **how: object) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, **how)
    return out.getvalue()


def _same_rows(millions: int) -> bytes:
    """Parquet of many rows, all equal, that take no room."""
    one = pa.array([1], pa.int64()).dictionary_encode()
    many = pa.DictionaryArray.from_arrays(
        pa.repeat(pa.scalar(0, pa.int32()), millions * 1_000_000), one.dictionary
    )
    what = pa.DictionaryArray.from_arrays(many.indices, pa.array(["a"]))
    return _parquet(pa.table({"id": many, "what": what}), row_group_size=1 << 40)


def _long_texts(rows: int) -> bytes:
    """Parquet of a text of a megabyte less a bit, once in a dictionary and in every row."""
    frame = pl.DataFrame({"id": range(rows), "what": ["y" * (MB - 100)] * rows})
    return _parquet(frame.to_arrow(), row_group_size=1 << 40)


def _long_pages(rows: int) -> bytes:
    """Parquet of long texts that are written in every row, and pack to nothing."""
    table = pa.table({"id": range(rows), "what": ["y" * 40_000] * rows})
    how = {"use_dictionary": False, "compression": "zstd", "write_statistics": False}
    return _parquet(table, row_group_size=1 << 40, **how)


def _sized(text: bytes, megabytes: int) -> bytes:
    return text + b"x" * (megabytes * MB)


def _spaces(megabytes: int) -> bytes:
    return bz2.compress(b"[") + bz2.compress(b" " * 16 * MB) * megabytes


def _one_object() -> bytes:
    return json.dumps(dict.fromkeys(_wide(), 1)).encode()


def _wide() -> list[str]:
    return [f"c{at}" for at in range(50_000)]


TOO_LARGE, TOO_DEEP = frozenset({"too_large"}), frozenset({"too_deep"})
GIVEN_UP = frozenset({"too_large", "too_many_bad_rows"})
READ = frozenset({""})
BOMBS = {
    "gzip": Bomb(".csv.gz", TOO_LARGE, lambda size: _members(gzip.compress, b"1", 50 * size)),
    "gzip of rows": Bomb(".csv.gz", GIVEN_UP, lambda size: gzip.compress(HEADER + _rows(2 * size))),
    "zstd": Bomb(".csv.zst", TOO_LARGE, lambda size: _members(zstd.compress, b"1", 500 * size)),
    "zstd of JSON": Bomb(".jsonl.zst", TOO_LARGE, lambda size: _members(zstd.compress, b"[ ", 500 * size)),
    "bzip2": Bomb(".csv.bz2", TOO_LARGE, lambda size: _members(bz2.compress, b"1", 50 * size)),
    "bzip2 of a JSON list": Bomb(".json.bz2", TOO_LARGE, _spaces),
    "a workbook that unpacks": Bomb(".xlsx", TOO_LARGE, lambda _: workbook({"S": " " * (257 * MB)})),
    "a workbook of two cells": Bomb(".xlsx", TOO_LARGE, lambda _: workbook({"S": _FAR})),
    "a workbook of one long text": Bomb(".xlsx", TOO_LARGE, lambda size: _cells("y" * 32_000, 1000 * size)),
    "a workbook of 50,000 columns": Bomb(".xlsx", TOO_LARGE, lambda _: workbook({"S": [_wide()] * 2})),
    "Parquet of many equal rows": Bomb(".parquet", GIVEN_UP, _same_rows),
    "Parquet of one long text": Bomb(".parquet", READ, lambda size: _long_texts(20 * size)),
    "Parquet of long texts": Bomb(".parquet", READ, lambda size: _long_pages(200 * size)),
    "Parquet of 50,000 columns": Bomb(
        ".parquet", TOO_LARGE, lambda _: _parquet(pa.table({name: [1] for name in _wide()}))
    ),
    "JSON 100,000 deep": Bomb(".jsonl", TOO_DEEP, lambda _: b'{"id":' + b"[" * DEEP + b"]" * DEEP + b"}"),
    "a JSON list 100,000 deep": Bomb(".json", TOO_DEEP, lambda _: b"[" * DEEP + b"]" * DEEP),
    "one line of CSV": Bomb(".csv", TOO_LARGE, lambda size: _sized(HEADER + b"1,", size)),
    "one quoted cell": Bomb(".csv", TOO_LARGE, lambda size: _sized(HEADER + b'1,"', size)),
    "one quoted cell of many lines": Bomb(
        ".csv", GIVEN_UP, lambda size: HEADER + b'1,"' + b"x\n" * (size * MB // 2)
    ),
    "one line of JSON": Bomb(".jsonl", TOO_LARGE, lambda size: _sized(b'{"id": 1, "what": "', size)),
    "one element of a JSON list": Bomb(
        ".json", TOO_LARGE, lambda size: _sized(b'[{"id": 1, "what": "', size)
    ),
    "one number of JSON": Bomb(".jsonl", TOO_LARGE, lambda size: b'{"id": ' + b"1" * (size * MB) + b"}"),
    "50,000 columns of CSV": Bomb(".csv", TOO_LARGE, lambda _: ",".join(_wide()).encode() + b"\n1\n"),
    "50,000 keys of JSON": Bomb(
        ".jsonl", TOO_LARGE, lambda _: json.dumps(dict.fromkeys(_wide(), 1)).encode()
    ),
}
