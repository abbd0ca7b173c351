"""How a file is written, told from its bytes: here alone a format is guessed, and then put down for good."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tidegate.contract.formats import Parquet
from tidegate.contract.infer.layout import Layout
from tidegate.contract.infer.records import json_layout
from tidegate.contract.infer.separated import csv_layout
from tidegate.contract.infer.sheet import excel_layout
from tidegate.contract.infer.text import encoding_of
from tidegate.contract.reading.encoding import transcoded
from tidegate.contract.reading.header import without_mark
from tidegate.contract.reading.parquet import schema_of
from tidegate.contract.reading.unpack import unpacked
from tidegate.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.contract.source import Limits, Source

_START = 1 << 20


def layout_of(source: Source, limits: Limits) -> Layout:
    """How the file is written.

    Raises:
        FaultFound: it is nothing that a contract could read.
        BadRequest: it holds no table.
    """
    first = source.read_at(0, 8) if source.size else b""
    if first.startswith(b"PAR1"):
        return _parquet(source, limits)
    if first.startswith(b"PK\x03\x04"):
        return excel_layout(source, limits)
    return _text(source, limits)


def _text(source: Source, limits: Limits) -> Layout:
    encoding, guess = encoding_of(_pieces(source, limits))
    beginning, whole = _beginning(transcoded(_pieces(source, limits), encoding))
    text = without_mark(beginning).decode(errors="replace")
    if text.lstrip().startswith(("{", "[{", "[\n", "[\r", "[ ", "[]")):
        found = json_layout(text, whole=whole)
    else:
        found = csv_layout(text, encoding, limits)
    return replace(found, guesses=(*found.guesses, guess)) if guess else found


def _pieces(source: Source, limits: Limits) -> Iterator[bytes]:
    return unpacked(source.open(), source.name, limits)


def _beginning(pieces: Iterator[bytes]) -> tuple[bytes, bool]:
    """The first lines, and whether they are all there are."""
    held = b""
    for piece in pieces:
        held += piece
        if len(held) >= _START and b"\n" in held:
            return held[: held.rfind(b"\n") + 1], False
    return held, True


def _parquet(source: Source, limits: Limits) -> Layout:
    given = schema_of(source, limits)
    if not given:
        raise BadRequest(source.name, "it has no rows to guess from", "Name a file with some rows")
    return Layout(form=Parquet(), headers=tuple(given), given=given)
