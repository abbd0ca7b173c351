"""A Parquet file's footer, read strictly and checked against the limits before anything else is read.

The structs and their field numbers are those of
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift. Flat columns alone are
read: nested ones, encrypted ones and columns that lie in another file are refused as such.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tidegate.contract.reading.thrift import (
    BINARY,
    I32,
    I64,
    LIST,
    STRUCT,
    Items,
    NotThrift,
    read_struct,
    write_struct,
)
from tidegate.contract.source import FaultFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tidegate.contract.reading.thrift import Struct
    from tidegate.contract.source import Limits, Source

MAGIC = b"PAR1"
_ENCRYPTED = b"PARE"
_FOOTER_BYTES = 8 << 20
_REPEATED = 2
_CHUNK_FIELDS = (1, 2, 3, 4, 5, 6, 7)  # of ColumnMetaData: what reading needs, places apart


@dataclass(frozen=True)
class ColumnChunk:
    """One column of one row group: where its pages lie, and what the footer says of them."""

    metadata: Struct
    offset: int
    length: int
    values: int


@dataclass(frozen=True)
class RowGroup:
    """Some rows of the file, its columns in the schema's order."""

    rows: int
    chunks: tuple[ColumnChunk, ...]


@dataclass(frozen=True)
class Footer:
    """What the file says that it holds."""

    version: int
    columns: tuple[str, ...]
    schema: tuple[Struct, ...]  # root first
    groups: tuple[RowGroup, ...]


def torn(what: str) -> FaultFound:
    """The fault of a file that is damaged, or contradicts itself."""
    return FaultFound("torn_parquet", what, "Write the file anew, and send it again")


def read_footer(source: Source, limits: Limits) -> Footer:
    """The footer of a file, held against the limits.

    Raises:
        FaultFound: `torn_parquet`, `too_large` or `wrong_format`.
    """
    size = source.size
    tail = source.read_at(max(size - 8, 0), 8)
    if tail.endswith(_ENCRYPTED):
        raise FaultFound("wrong_format", "its Parquet is encrypted", "Send it without encryption")
    if size < 12 or not tail.endswith(MAGIC):
        raise torn("it does not end as Parquet does")
    length = int.from_bytes(tail[:4], "little")
    if length > size - 12:
        raise torn("its footer is longer than the file")
    if length > _FOOTER_BYTES:
        raise FaultFound(
            "too_large", f"its footer has {length:,} bytes", "Write fewer columns or row groups to a file"
        )
    try:
        metadata, _ = read_struct(source.read_at(size - 8 - length, length))
        return _checked(metadata, size - 8 - length, limits)
    except (NotThrift, KeyError, TypeError, ValueError, UnicodeDecodeError) as error:
        raise torn("its footer cannot be read") from error


def _checked(metadata: Struct, end: int, limits: Limits) -> Footer:
    schema = _structs(metadata, 2)
    leaves = schema[1:]
    if len(leaves) > limits.columns:
        raise FaultFound("too_large", f"it has {len(leaves):,} columns", "Send the contract's columns alone")
    columns = [_bytes(leaf, 4).decode() for leaf in leaves]
    for name, leaf in zip(columns, leaves, strict=True):
        if 5 in leaf or 1 not in leaf or (3 in leaf and _int(leaf, 3) == _REPEATED):
            what = f"its column {name[:60]!r} is nested"
            raise FaultFound("wrong_format", what, "Send flat columns: no lists, no structs")
    if 8 in metadata:
        raise FaultFound("wrong_format", "its Parquet is encrypted", "Send it without encryption")
    groups = tuple(_group(group, len(leaves), end, limits) for group in _structs(metadata, 4))
    if sum(group.rows for group in groups) != _int(metadata, 3):
        raise torn("its row groups do not have as many rows as the file")
    unpacked = sum(_int(chunk.metadata, 6) for group in groups for chunk in group.chunks)
    if unpacked > limits.unpacked_bytes:
        raise FaultFound("too_large", f"it holds {unpacked:,} bytes unpacked", "Split it into smaller files")
    return Footer(_int(metadata, 1), tuple(columns), tuple(schema), groups)


def _group(group: Struct, columns: int, end: int, limits: Limits) -> RowGroup:
    chunks = tuple(_chunk(chunk, end) for chunk in _structs(group, 1))
    rows = _int(group, 3)
    if len(chunks) != columns or rows < 0 or any(chunk.values != rows for chunk in chunks):
        raise torn("a row group does not have each column's value for each row")
    if sum(chunk.length for chunk in chunks) > limits.group_bytes:
        what = f"a row group has more than {limits.group_bytes:,} bytes"
        raise FaultFound("too_large", what, "Write it in smaller row groups; a million rows are many")
    return RowGroup(rows, chunks)


def _chunk(chunk: Struct, end: int) -> ColumnChunk:
    if 8 in chunk or 9 in chunk:
        raise FaultFound("wrong_format", "a column of its Parquet is encrypted", "Send it without encryption")
    if 1 in chunk:
        raise FaultFound("wrong_format", "a column of it lies in another file", "Send one whole file")
    metadata = _inner(chunk, 3)
    pages, length = _int(metadata, 9), _int(metadata, 7)
    dictionary = _int(metadata, 11) if 11 in metadata else 0
    offset = min((at for at in (pages, dictionary) if at), default=0)  # where nothing is, some write 0
    lies_within = len(MAGIC) <= offset <= end - length or not length
    if length < 0 or not lies_within or _int(metadata, 6) < 0:
        raise torn("a column lies beyond the file")
    return ColumnChunk(metadata, offset, length, _int(metadata, 5))


def one_group(footer: Footer, rows: int, chunks: Sequence[ColumnChunk]) -> bytes:
    """The footer of a file that holds the columns of one row group, one after another behind the magic."""
    at = len(MAGIC)
    parts: list[Struct] = []
    for chunk in chunks:
        kept = {number: chunk.metadata[number] for number in _CHUNK_FIELDS}
        for number in (9, 11):
            if number in chunk.metadata and _int(chunk.metadata, number) > 0:
                kept[number] = I64, _int(chunk.metadata, number) - chunk.offset + at
        parts.append({2: (I64, at), 3: (STRUCT, kept)})
        at += chunk.length
    root = {**footer.schema[0], 5: (I32, len(chunks))}
    unpacked = sum(_int(chunk.metadata, 6) for chunk in chunks)
    group: Struct = {1: (LIST, Items(STRUCT, list(parts))), 2: (I64, unpacked), 3: (I64, rows)}
    schema = [root, *footer.schema[1:]]
    metadata: Struct = {
        1: (I32, footer.version),
        2: (LIST, Items(STRUCT, list(schema))),
        3: (I64, rows),
        4: (LIST, Items(STRUCT, [group])),
    }
    written = write_struct(metadata)
    return written + len(written).to_bytes(4, "little") + MAGIC


def _int(struct: Struct, number: int) -> int:
    kind, value = struct[number]
    if not isinstance(value, int) or kind not in (I32, I64):
        raise TypeError(number)
    return value


def _bytes(struct: Struct, number: int) -> bytes:
    kind, value = struct[number]
    if not isinstance(value, bytes) or kind != BINARY:
        raise TypeError(number)
    return value


def _inner(struct: Struct, number: int) -> Struct:
    value = struct[number][1]
    if not isinstance(value, dict):
        raise TypeError(number)
    return value


def _structs(struct: Struct, number: int) -> list[Struct]:
    value = struct[number][1]
    if not isinstance(value, Items) or value.kind != STRUCT:
        raise TypeError(number)
    return [one for one in value.values if isinstance(one, dict)]
