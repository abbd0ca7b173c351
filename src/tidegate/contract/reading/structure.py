"""The strict reader: from a stream of bytes to chunks of whole records, broken ones cut out and kept.

Lenient readers turn short rows into nulls and guess at stray quotes, so the bytes are checked before
anything parses them: RFC 4180 quotes, as many fields in each record as
columns, UTF-8, no NUL, no bare carriage return, no blank line before the last record. LF and CRLF both end a
line. A broken record is kept by its place in the file; the records after it are read as if it had not been
there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tidegate.contract.reading.beginning import SMALL
from tidegate.contract.reading.bits import Offsets, equal, ranks
from tidegate.contract.reading.records import Spans, marks_of, spans
from tidegate.contract.source import FaultFound, Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.contract.formats import Csv
    from tidegate.contract.reading.beginning import Beginning

PROBLEMS = {
    1: (
        "quotes",
        "a quote stands inside a field or is never closed, a carriage return ends no line, or it is too long",
    ),
    2: ("field_count", "{fields} fields, and {of} has {columns} columns"),
    3: ("blank_line", "nothing stands on this line"),
    4: ("nul_byte", "it holds a NUL byte"),
    5: ("encoding", "it is no text in the contract's encoding"),
    6: ("repeated_header", "the header stands here again"),
}
_DENSE, _LITTLE, _BLANKS = 300_000, 1 << 20, 200_000
_QUOTES, FIELD_COUNT, _BLANK, _NUL, _ENCODING, _HEADER_AGAIN = PROBLEMS


@dataclass(frozen=True)
class Places:
    """Where records stand: row number, line of the file, offset of the first byte, length; one entry each."""

    row: Offsets
    line: Offsets
    offset: Offsets
    length: Offsets

    def of(self, chosen: npt.NDArray[np.bool_] | Offsets) -> Places:
        """Some of them, chosen by a mask or by index."""
        return Places(self.row[chosen], self.line[chosen], self.offset[chosen], self.length[chosen])


@dataclass(frozen=True)
class Chunk:
    """A stretch of the file: its sound records, as bytes that any CSV parser reads alike, and the broken."""

    block: bytes  # as it stands in the file, from `offset` on
    offset: int
    text: bytes  # the sound records, one after another
    sound: Places
    broken: Places
    problems: npt.NDArray[np.uint8]  # for each broken record, a key of PROBLEMS
    fields: Offsets  # for each broken record, how many fields it has

    def of_broken(self, some: slice) -> Chunk:
        """The same, with some of its broken records alone."""
        broken = Places(*(places[some] for places in vars(self.broken).values()))
        return replace(self, broken=broken, problems=self.problems[some], fields=self.fields[some])


@dataclass
class _Position:
    """How far the reader has come; blank lines wait here until a record shows that the file went on."""

    row: int = 0
    line: int = 1
    offset: int = 0
    blanks: int = 0
    header: bytes = b""


def chunks(
    start: Beginning, pieces: Iterator[bytes], width: int, form: Csv, limits: Limits
) -> Iterator[Chunk]:
    """Read a file's bytes into chunks of records of so many fields; offsets count from its first byte.

    Raises:
        FaultFound: the file as a whole cannot be read.
    """
    block, tail = start.rest, b""
    position = _Position(line=start.line, offset=start.offset, header=start.header)
    mark, quote = form.delimiter.encode(), (form.quote or "").encode()
    ended, starved, whole = False, True, False
    while True:
        if not ended and (starved or len(block) < limits.piece_bytes):
            block, tail, ended = _filled_to_a_line(pieces, limits.piece_bytes, [block, tail])
        some, marks = block, marks_of(block, mark, quote)
        if not whole and np.bitwise_count(marks.feeds).sum() > _DENSE:
            # records of a few bytes take many times their size to look at: little of them at once
            some = block[:_LITTLE]
            marks = marks_of(some, mark, quote)
        last = ended and len(some) == len(block)
        found = spans(some, mark, last=last, longest=limits.record_bytes, quote=quote, marks=marks)
        if len(found.starts):
            yield _chunk(some, found, width, position)
        starved = not found.consumed and len(some) == len(block)
        whole = not found.consumed
        if starved and len(block) + len(tail) > limits.record_bytes + SMALL:
            what = f"the record at line {position.line} is longer than {limits.record_bytes:,} bytes"
            raise FaultFound(
                "too_large", what, "Look for a missing line end, or a quote that is never closed"
            )
        block = block[found.consumed :]
        if last:
            return


def _filled_to_a_line(pieces: Iterator[bytes], size: int, before: list[bytes]) -> tuple[bytes, bytes, bool]:
    """What was read before and so many bytes more, up to a line's end; what is beyond; if that is all."""
    taken, length = before, 0
    for piece in pieces:
        taken.append(piece)
        length += len(piece)
        if length >= size:
            break
    ended = length < size
    newest = taken.pop()
    cut = len(newest) if ended else newest.rfind(b"\n") + 1 or len(newest)
    return b"".join([*taken, newest[:cut]]), newest[cut:], ended


def _chunk(block: bytes, found: Spans, columns: int, position: _Position) -> Chunk:
    data = np.frombuffer(block, dtype=np.uint8)[: found.consumed]
    problems = _problems(block, data, found, columns, position.header)
    number = np.arange(len(problems), dtype=np.int64)
    feeds = found.marks.feeds if found.marks else equal(data, 10)
    lines = int(ranks(feeds, np.array([found.consumed]))[0])
    of_one_line = lines == len(number) and block.endswith(b"\n", 0, found.consumed)
    blank = problems == _BLANK
    filled = np.flatnonzero(~blank)
    # blank lines at the end are rows only if something follows them, perhaps in the next chunk
    upto = int(filled[-1]) + 1 if len(filled) else 0
    before = position.blanks if upto else 0
    if before > _BLANKS:
        what = f"more than {_BLANKS:,} blank lines stand before line {position.line}"
        raise FaultFound("too_many_bad_rows", what, "Look for what the file should hold there")
    places = Places(
        number + position.row + before + 1,
        (number if of_one_line else ranks(feeds, found.starts)) + position.line,
        found.starts + position.offset,
        found.ends - found.starts,
    )
    held = _held_blanks(position, before)
    bad = np.flatnonzero(problems[:upto] != 0)
    chunk = Chunk(
        block,
        position.offset,
        _sound_text(block, found, problems),
        places.of(problems == 0) if problems.any() else places,
        _together(held, places.of(bad)),
        np.concatenate((np.full(before, _BLANK, dtype=np.uint8), problems[bad])),
        np.concatenate((np.zeros(before, dtype=np.int64), found.fields[bad])),
    )
    trailing = len(problems) - upto
    position.row += before + upto
    position.blanks = trailing if upto else position.blanks + trailing
    position.line += lines
    position.offset += found.consumed
    return chunk


def _held_blanks(position: _Position, count: int) -> Places:
    back = np.arange(count, dtype=np.int64)
    nothing = np.zeros(count, dtype=np.int64)
    return Places(back + position.row + 1, back - count + position.line, nothing + position.offset, nothing)


def _together(first: Places, second: Places) -> Places:
    pairs = ((first.row, second.row), (first.line, second.line), (first.offset, second.offset))
    row, line, offset = (np.concatenate(pair) for pair in pairs)
    return Places(row, line, offset, np.concatenate((first.length, second.length)))


def _problems(
    block: bytes, data: npt.NDArray[np.uint8], found: Spans, columns: int, header: bytes
) -> npt.NDArray[np.uint8]:
    problems = np.zeros(len(found.starts), dtype=np.uint8)
    problems[found.fields != columns] = FIELD_COUNT
    problems[found.fields == 0] = _QUOTES
    problems[found.ends == found.starts] = _BLANK
    alike = np.flatnonzero(found.ends - found.starts == len(header))
    for number in alike if header and len(alike) and header in block else ():
        if block.startswith(header, found.starts[number]):
            problems[number] = _HEADER_AGAIN
    if b"\0" in block:
        problems[np.unique(np.searchsorted(found.starts, np.flatnonzero(data == 0), side="right") - 1)] = _NUL
    if not block.isascii() and not _decodes(block[: found.consumed]):
        beyond_ascii = np.flatnonzero(data >= 128)
        for number in np.unique(np.searchsorted(found.starts, beyond_ascii, side="right") - 1):
            if not _decodes(block[found.starts[number] : found.ends[number]]):
                problems[number] = _ENCODING
    return problems


def _decodes(text: bytes) -> bool:
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _sound_text(block: bytes, found: Spans, problems: npt.NDArray[np.uint8]) -> bytes:
    """The records without a problem, one after another."""
    if not problems.any():
        return block[: found.consumed]
    sound = np.concatenate(([False], problems == 0, [False]))
    edges = np.flatnonzero(sound[1:] != sound[:-1])
    following = np.append(found.starts[1:], found.consumed)
    runs = zip(found.starts[edges[::2]], following[edges[1::2] - 1], strict=True)
    return b"".join(block[start:end] for start, end in runs)
