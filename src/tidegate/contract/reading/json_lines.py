"""JSON lines: one object a line, each parsed by itself, so that a broken one is cut out and no other suffers.

A line feed ends a record, with or without a carriage return before it: no JSON string holds one unescaped. A
byte order mark before the first line is passed over, as are blank lines after the last one; a blank line
before it is a row that is missing, and bad.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tidegate.contract.batch import Batch, Numbers, Records, no_rows
from tidegate.contract.reading.json_batch import BLANK, Stretch, batch_of, reasons_series
from tidegate.contract.reading.unpack import unpacked
from tidegate.contract.source import FaultFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.contract.arriving import Arriving
    from tidegate.contract.compiled import Plan
    from tidegate.contract.formats import JsonLines
    from tidegate.contract.source import Limits, Source

_BOM = b"\xef\xbb\xbf"
_PIECE = 2 << 20  # parsed objects take ten times their text
_ROWS = 20_000
_LF, _CR = 10, 13


@dataclass
class _Position:
    """How far the reader has come; blank lines wait here until a record shows that the file went on."""

    row: int = 0
    line: int = 1
    offset: int = 0
    blanks: int = 0


def batches(
    source: Source, plan: Plan, form: JsonLines, limits: Limits, arriving: Arriving
) -> Iterator[Batch]:
    """The file's rows, a batch at a time, in its order.

    Raises:
        FaultFound: the file as a whole cannot be read.
    """
    position = _Position()
    for block in _blocks(unpacked(source.open(), source.name, limits), limits, position):
        starts, ends = _lines(block)
        for first in range(0, len(starts), _ROWS):
            some = slice(first, first + _ROWS)
            following = int(starts[first + _ROWS]) if first + _ROWS < len(starts) else len(block)
            begin = int(starts[first])
            part = block[begin:following], starts[some] - begin, ends[some] - begin
            yield from _some(part, plan, form, position, arriving)
            position.offset += following - begin


def _blocks(pieces: Iterator[bytes], limits: Limits, position: _Position) -> Iterator[bytes]:
    """The bytes in blocks of whole lines; the last may lack its line feed."""
    size = min(limits.piece_bytes, _PIECE)
    block = next(pieces, b"")
    if block.startswith(_BOM):
        block, position.offset = block[3:], 3
    if not block:
        raise FaultFound("empty_file", "there is nothing in it", "Send the file again, with its rows")
    if block.lstrip().startswith(b"["):
        what = "it is a JSON list, and the contract says one object a line"
        raise FaultFound("wrong_format", what, "Send one object a line, or add JsonArray() to the contract")
    for piece in pieces:
        block += piece
        if len(block) < size:
            continue
        whole = block.rfind(b"\n") + 1
        if whole:
            yield block[:whole]
            block = block[whole:]
        if len(block) > limits.record_bytes:
            what = f"the record at line {position.line} is longer than {limits.record_bytes:,} bytes"
            raise FaultFound("too_large", what, "Look for a missing line end")
    if block:
        yield block


def _lines(block: bytes) -> tuple[Numbers, Numbers]:
    data = np.frombuffer(block, dtype=np.uint8)
    ends = np.flatnonzero(data == _LF)
    if not block.endswith(b"\n"):
        ends = np.append(ends, len(block))
    starts = np.concatenate((np.zeros(1, dtype=np.int64), ends[:-1] + 1))
    return starts, ends - ((ends > starts) & (data[np.maximum(ends - 1, 0)] == _CR))


def _some(
    lines: tuple[bytes, Numbers, Numbers],
    plan: Plan,
    form: JsonLines,
    position: _Position,
    arriving: Arriving,
) -> Iterator[Batch]:
    block, starts, ends = lines
    filled = np.flatnonzero(ends > starts)
    if not len(filled):
        position.blanks += len(starts)
        return
    count = int(filled[-1]) + 1  # blank lines behind it are rows only if something follows
    held, before = position.blanks, position.row + position.blanks + 1
    line = np.arange(len(starts), dtype=np.int64) + position.line + held
    blank = np.flatnonzero(ends[:count] == starts[:count])
    for first in range(0, held, _ROWS):  # a file of blank lines is given up after some of these
        yield _blank_lines(np.arange(first, min(first + _ROWS, held)), position)
    if len(blank):
        yield _blank_lines(blank + held, position)
    stretch = Stretch(block, starts[filled], ends[filled], filled + before, line[filled], position.offset)
    yield batch_of(stretch, plan, form.null_values, arriving)
    position.row += held + count
    position.line += held + count
    position.blanks = len(starts) - count


def _blank_lines(places: Numbers, position: _Position) -> Batch:
    nothing = np.zeros(len(places), dtype=np.int64)
    row, line = places + position.row + 1, places + position.line
    broken = Records(row, line, nothing + position.offset, nothing, [b""] * len(places))
    return no_rows(broken, reasons_series([BLANK] for _ in range(len(places))))
