"""Thrift's compact protocol, read and written without knowing the schema: what a Parquet footer is made of.

The format is https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md. A struct is
a dict from field number to (wire type, value); a list is its element type and its elements. Bytes that are no
such struct raise `NotThrift`, whatever they are: nothing is made larger than the bytes that were read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

STOP, TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(13)
_DEPTH = 16

Value: TypeAlias = "bool | int | bytes | Items | Struct"
Struct: TypeAlias = "dict[int, tuple[int, Value]]"


class NotThrift(Exception):
    """The bytes are no struct of the compact protocol."""


@dataclass(frozen=True)
class Items:
    """A list or a set: the wire type of its elements, and these."""

    kind: int
    values: list[Value]


def read_struct(data: bytes, at: int = 0) -> tuple[Struct, int]:
    """The struct that begins at `at`, and where it ends.

    Raises:
        NotThrift: the bytes end early, or are something else.
    """
    try:
        return _struct(data, at, _DEPTH)
    except IndexError as error:
        raise NotThrift("the bytes end early") from error


def _struct(data: bytes, at: int, depth: int) -> tuple[Struct, int]:
    if not depth:
        raise NotThrift("structs stand too deep in each other")
    found: Struct = {}
    number = 0
    while True:
        head = data[at]
        at += 1
        if head == STOP:
            return found, at
        kind = head & 15
        if head >> 4:
            number += head >> 4
        else:
            zigzag, at = _varint(data, at)
            number = zigzag >> 1 ^ -(zigzag & 1)
        if not 0 < number < 1 << 15:
            raise NotThrift("a field's number is no number of a field")
        if kind in (TRUE, FALSE):
            found[number] = kind, kind == TRUE
        else:
            value, at = _value(data, at, kind, depth)
            found[number] = kind, value


def _value(data: bytes, at: int, kind: int, depth: int) -> tuple[Value, int]:
    if kind in (I16, I32, I64):
        zigzag, at = _varint(data, at)
        return zigzag >> 1 ^ -(zigzag & 1), at
    if kind == BINARY:
        length, at = _varint(data, at)
        return _taken(data, at, length)
    if kind in (LIST, SET):
        return _items(data, at, depth)
    if kind == STRUCT:
        return _struct(data, at, depth - 1)
    if kind in (TRUE, FALSE, BYTE):  # an element of a list
        return data[at], at + 1
    if kind == DOUBLE:
        return _taken(data, at, 8)
    raise NotThrift(f"wire type {kind} is not used in Parquet")


def _taken(data: bytes, at: int, length: int) -> tuple[bytes, int]:
    if length > len(data) - at:
        raise NotThrift("the bytes end early")
    return data[at : at + length], at + length


def _items(data: bytes, at: int, depth: int) -> tuple[Items, int]:
    head = data[at]
    size, at = (head >> 4, at + 1) if head >> 4 < 15 else _varint(data, at + 1)
    if size > len(data) - at:  # an element takes a byte at least
        raise NotThrift("a list is longer than the bytes")
    values = []
    for _ in range(size):
        value, at = _value(data, at, head & 15, depth)
        values.append(value)
    return Items(head & 15, values), at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128 and value < 1 << 64:
            return value, at
        if shift > 63:
            raise NotThrift("a number is longer than 64 bits")


def write_struct(struct: Struct) -> bytes:
    """The bytes of a struct."""
    out = bytearray()
    _write(out, STRUCT, struct)
    return bytes(out)


def _write(out: bytearray, kind: int, value: Value) -> None:
    if isinstance(value, dict):
        _write_fields(out, value)
    elif isinstance(value, Items):
        size = len(value.values)
        out.append(min(size, 15) << 4 | value.kind)
        if size >= 15:
            _write_varint(out, size)
        for part in value.values:
            _write(out, value.kind, part)
    elif isinstance(value, bytes):
        if kind == BINARY:
            _write_varint(out, len(value))
        out += value
    elif kind in (TRUE, FALSE, BYTE):
        out.append(int(value))
    else:
        _write_varint(out, (value << 1) ^ (value >> 63))


def _write_fields(out: bytearray, struct: Struct) -> None:
    before = 0
    for number, (kind, part) in sorted(struct.items()):
        if 0 < number - before < 16:
            out.append(number - before << 4 | kind)
        else:
            out.append(kind)
            _write_varint(out, number << 1)
        before = number
        if kind not in (TRUE, FALSE):
            _write(out, kind, part)
    out.append(STOP)


def _write_varint(out: bytearray, value: int) -> None:
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
