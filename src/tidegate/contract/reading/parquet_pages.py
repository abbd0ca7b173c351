"""A column's pages, walked from header to header: what they would unpack to is known before anything does.

The footer may lie; the page headers are what a reader follows. PageHeader's fields are those of
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tidegate.contract.reading.parquet_footer import torn
from tidegate.contract.reading.thrift import NotThrift, read_struct
from tidegate.contract.source import FaultFound

if TYPE_CHECKING:
    from tidegate.contract.reading.parquet_footer import ColumnChunk
    from tidegate.contract.reading.thrift import Struct
    from tidegate.contract.source import Limits

Page = tuple[int, int]  # how many values it holds, and the bytes that it unpacks to
_DATA, _INDEX, _DICTIONARY, _DATA_V2 = range(4)
_HEADER = 64 << 10  # statistics of a page stand in its header


def check_pages(pages: bytes, chunk: ColumnChunk, limits: Limits) -> list[Page]:
    """Hold a column chunk's pages against the limits, and against its rows.

    Returns:
        For each page, how many of the rows' values it holds, and what it unpacks to in bytes.

    Raises:
        FaultFound: `torn_parquet` or `too_large`.
    """
    at = 0
    found: list[Page] = []
    while at < len(pages):
        try:
            header, length = read_struct(pages[at : at + _HEADER])
            kind, unpacked, packed = (_number(header, field) for field in (1, 2, 3))
            number = _values(header, kind)
        except (NotThrift, KeyError, TypeError) as error:
            raise torn("a page's header cannot be read") from error
        if unpacked > limits.page_bytes:
            what = f"a page of it would unpack to {unpacked:,} bytes"
            raise FaultFound("too_large", what, "Write it with smaller pages")
        if packed < 0 or unpacked < 0 or number < 0 or (kind == _DICTIONARY and number > unpacked + 1):
            raise torn("a page contradicts its header")
        found.append((number if kind in (_DATA, _DATA_V2) else 0, unpacked))
        at += length + packed
    if at != len(pages) or sum(number for number, _ in found) != chunk.values:
        raise torn("a column's pages are not those that its footer tells of")
    return found


def cuts(columns: list[list[Page]], rows: int, most_rows: int, most_bytes: int) -> list[int]:
    """Where to cut a row group so that no part has too many rows, or unpacks to many more bytes than these.

    Args:
        columns: of each, what `check_pages` returned.
        rows: of the group.
        most_rows: of a part.
        most_bytes: of a part; it may be one page of each column more.
    """
    lengths = [np.cumsum([(0, 0), *pages], axis=0) for pages in columns]
    knots = np.unique(np.concatenate([length[:, 0] for length in lengths]))
    unpacked = sum((np.interp(knots, length[:, 0], length[:, 1]) for length in lengths), np.zeros(len(knots)))
    found = [0]
    while found[-1] < rows:
        start = found[-1]
        beyond = np.interp(np.interp(start, knots, unpacked) + most_bytes, unpacked, knots)
        found.append(min(rows, start + most_rows, max(start + 1, int(beyond))))
    return found


def _values(header: Struct, kind: int) -> int:
    if kind == _INDEX:
        return 0
    inner = header[{_DATA: 5, _DICTIONARY: 7, _DATA_V2: 8}[kind]][1]
    if not isinstance(inner, dict):
        raise TypeError(kind)
    return _number(inner, 1)


def _number(struct: Struct, field: int) -> int:
    value = struct[field][1]
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(field)
    return value
