"""A JSON list of objects, read as a stream: its elements are found by their brackets, and parsed one by one.

Reading goes on behind a broken element. Where its brackets and quotes add up, the next element is behind its
comma. Where they do not, the next element is the next line that begins as the first element's did, with the
same white space and `{`; a list whose elements do not begin lines cannot be followed further, and is a fault.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tidegate.contract.batch import Records, joined, no_rows
from tidegate.contract.reading.json_batch import Stretch, batch_of, reasons_series
from tidegate.contract.reading.json_elements import SPACE, elements_in
from tidegate.contract.reading.json_text import BrokenJson, parse_json
from tidegate.contract.reading.unpack import unpacked
from tidegate.contract.source import FaultFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.contract.arriving import Arriving
    from tidegate.contract.batch import Batch, Numbers
    from tidegate.contract.compiled import Plan
    from tidegate.contract.formats import JsonArray
    from tidegate.contract.reading.json_elements import Elements
    from tidegate.contract.source import Limits, Source

_BOM = b"\xef\xbb\xbf"
_PIECE = 1 << 20  # parsed objects take ten times their text
_AFTER_BREAK = 4096
_AT_ONCE = 1000
_ROWS = 20_000
_ASTRAY = ("", "json", "a bracket or a quote is missing in it, or one too many")
_WHOLE = "Send the whole list again, or one object a line as JsonLines()"


@dataclass(frozen=True)
class _Broken:
    """An element that is broken: its number in the block, where it begins, and where the next one does."""

    number: int
    start: int
    following: int


@dataclass
class _List:
    """The list on its way: what is not read yet, and where it begins."""

    pieces: Iterator[bytes]
    plan: Plan
    limits: Limits
    nulls: tuple[str, ...]
    arriving: Arriving
    held: bytes = b""
    at: int = 0  # in `held`
    block: bytes = b""  # a window of it
    last: bool = False
    row: int = 0
    line: int = 1
    offset: int = 0
    begins: re.Pattern[bytes] | None = None  # how a line begins with which an element begins
    window: int = _PIECE

    def fill(self) -> None:
        """Read on until a window's worth of bytes waits."""
        if len(self.held) - self.at < self.window and not self.last:
            parts, length = [self.held[self.at :]], len(self.held) - self.at
            while length < self.window + _PIECE and not self.last:
                piece = next(self.pieces, b"")
                self.last = not piece
                parts.append(piece)
                length += len(piece)
            self.held, self.at = b"".join(parts), 0
        self.block = self.held[self.at : self.at + self.window]

    @property
    def ended(self) -> bool:
        """Whether the block reaches to the file's end."""
        return self.last and self.at + len(self.block) == len(self.held)

    def drop(self, length: int) -> None:
        """Go on behind so many bytes."""
        self.line += self.block.count(b"\n", 0, length)
        self.offset += length
        self.at += length

    def cut(self, broken: _Broken) -> Records:
        """A broken element as evidence; reading goes on behind it, in small steps at first."""
        raw = self.block[broken.start : broken.following].rstrip(SPACE).removesuffix(b",").rstrip(SPACE)
        self.row += 1
        line = self.line + self.block.count(b"\n", 0, broken.start)
        row, lines, offset, length = (
            np.array([number], dtype=np.int64)
            for number in (self.row, line, self.offset + broken.start, len(raw))
        )
        self.drop(broken.following)
        self.window = _AFTER_BREAK
        return Records(row, lines, offset, length, [raw])

    def batch(self, starts: Numbers, ends: Numbers) -> Batch:
        """Some elements of the block as a batch."""
        begin, end = int(starts[0]), int(ends[-1])
        block = self.block[begin:end]
        line_ends = np.flatnonzero(np.frombuffer(block, dtype=np.uint8) == 10) + begin
        line = np.searchsorted(line_ends, starts) + self.line + self.block.count(b"\n", 0, begin)
        row = np.arange(len(starts), dtype=np.int64) + self.row + 1
        self.row += len(starts)
        stretch = Stretch(block, starts - begin, ends - begin, row, line, self.offset + begin)
        return batch_of(stretch, self.plan, self.nulls, self.arriving)


def batches(
    source: Source, plan: Plan, form: JsonArray, limits: Limits, arriving: Arriving
) -> Iterator[Batch]:
    """The file's rows, a batch at a time, in its order.

    Raises:
        FaultFound: the file as a whole cannot be read.
    """
    reading = _List(unpacked(source.open(), source.name, limits), plan, limits, form.null_values, arriving)
    _open(reading)
    cuts: list[Records] = []
    while True:
        reading.fill()
        found = elements_in(reading.block)
        broken = _broken(reading, found)
        upto = len(found.starts) if broken is None else broken.number
        if cuts and (upto or len(cuts) == _AT_ONCE):
            yield no_rows(joined(cuts), reasons_series([_ASTRAY] for _ in cuts))
            cuts = []
        for some in range(0, upto, _ROWS):
            until = min(some + _ROWS, upto)
            yield reading.batch(found.starts[some:until], found.ends[some:until])
        if broken is not None:
            cuts.append(reading.cut(broken))
            continue
        reading.window = min(reading.window * 2, _PIECE)
        if cuts and (found.closed or reading.ended):
            yield no_rows(joined(cuts), reasons_series([_ASTRAY] for _ in cuts))
            cuts = []
        if found.closed:
            _close(reading, found)
            return
        if not found.upto:
            _no_end(reading)
        reading.drop(found.upto)


def _open(reading: _List) -> None:
    """Pass over the bracket that opens the list, and learn how elements begin lines."""
    reading.fill()
    text = reading.block.removeprefix(_BOM)
    before = len(reading.block) - len(text.lstrip(SPACE))
    if before == len(reading.block):
        raise FaultFound("empty_file", "there is nothing in it", "Send the file again, with its rows")
    if reading.block[before : before + 1] != b"[":
        what = "it is no JSON list, and the contract says a list of objects"
        raise FaultFound("wrong_format", what, "Send [{…}, {…}], or say JsonLines() in the contract")
    reading.drop(before + 1)
    line = re.match(rb"[ \t\r]*(\n[ \t]*)\{", reading.held[reading.at :])
    reading.begins = re.compile(re.escape(line[1] + b"{")) if line else None


def _close(reading: _List, found: Elements) -> None:
    rest = reading.held[reading.at + found.upto + 1 :]
    while not rest.strip(SPACE) and not reading.last:
        rest = next(reading.pieces, b"")
        reading.last = not rest
    if rest.strip(SPACE):
        raise FaultFound("torn_json", "something follows the bracket that closes the list", _WHOLE)


def _no_end(reading: _List) -> None:
    """Wait for more of an element that does not end in the block, or give up."""
    if len(reading.block) > reading.limits.record_bytes:
        what = f"the element at line {reading.line} is longer than {reading.limits.record_bytes:,} bytes"
        raise FaultFound("too_large", what, "Look for a bracket, or a quote, that is never closed")
    if reading.ended:
        what = f"the list ends within the element that begins at its byte {reading.offset + 1}"
        raise FaultFound("torn_json", what, _WHOLE)
    reading.window *= 2


def _broken(reading: _List, found: Elements) -> _Broken | None:
    """The first element whose brackets or quotes do not add up: another seems to begin within it."""
    if reading.begins is None:
        return None
    begun = np.array([match.end() - 1 for match in reading.begins.finditer(reading.block)], dtype=np.int64)
    tail = len(reading.block) - len(reading.block[found.upto :].lstrip(SPACE))
    for at in begun[~np.isin(begun, found.starts)].tolist():
        if at == tail and not found.closed:
            continue
        number = int(np.searchsorted(found.starts, at)) - 1
        if number >= 0 and at < found.ends[number]:
            if not _parses(reading, found, number):
                return _Broken(number, int(found.starts[number]), at)
        elif found.closed and number >= 0:  # the bracket that seemed to close the list stands in the element
            return _Broken(number, int(found.starts[number]), at)
        else:
            return _Broken(len(found.starts), tail, at)
    return None


def _parses(reading: _List, found: Elements, number: int) -> bool:
    try:
        parse_json(reading.block[found.starts[number] : found.ends[number]])
    except BrokenJson:
        return False
    return True
