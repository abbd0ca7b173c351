"""A column's pages, walked from header to header: what they would unpack to is known before anything does.

The footer may lie; the page headers are what a reader follows. PageHeader's fields are those of
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.contract.reading.parquet_footer import torn
from tidegate.contract.reading.thrift import NotThrift, read_struct
from tidegate.contract.source import FaultFound

if TYPE_CHECKING:
    from tidegate.contract.reading.parquet_footer import ColumnChunk
    from tidegate.contract.reading.thrift import Struct
    from tidegate.contract.source import Limits

_DATA, _INDEX, _DICTIONARY, _DATA_V2 = range(4)
_HEADER = 64 << 10  # statistics of a page stand in its header


def check_pages(pages: bytes, chunk: ColumnChunk, limits: Limits) -> None:
    """Hold a column chunk's pages against the limits, and against its rows.

    Raises:
        FaultFound: `torn_parquet` or `too_large`.
    """
    at = values = 0
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
        values += number if kind in (_DATA, _DATA_V2) else 0
        at += length + packed
    if at != len(pages) or values != chunk.values:
        raise torn("a column's pages are not those that its footer tells of")


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
