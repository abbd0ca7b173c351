"""Where the records of a block of bytes begin and end, by RFC 4180's quotes, and which of them are broken.

Two ways with one answer. A block whose every quote stands where RFC 4180 allows one is measured as a whole,
on bitmaps: a line end or a delimiter lies inside a quoted field when an odd number of quotes comes before
it. From the first record with a misplaced quote on, records are matched one by one, and **a record that
breaks the quotes gives up its first line alone**: reading goes on at the next line, so that one stray quote
does not swallow the rows after it. A bare carriage return outside quotes ends no record, and breaks the one
it stands in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tidegate.contract.reading.bits import (
    each_equal,
    equal,
    inside,
    later,
    places,
    ranks,
    sooner,
    with_bit,
)

if TYPE_CHECKING:
    from tidegate.contract.reading.bits import Bits, Bytes, Offsets

_LF, _CR = 10, 13
NOTHING: Offsets = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Marks:
    """Bitmaps of a block. Outside quotes means little behind the first misplaced quote."""

    feeds: Bits  # every line feed
    line_ends: Bits  # those outside quotes
    delimiters: Bits  # those outside quotes
    quotes: Bits | None  # none: the block has no quote
    within: Bits | None  # what lies inside quotes, the opening one with it
    returns: bool  # whether the block has a carriage return


@dataclass(frozen=True)
class Spans:
    """Complete records of a block: where each starts and ends (line end left out), and its field count."""

    starts: Offsets
    ends: Offsets
    fields: Offsets  # 0: the quotes, or a bare carriage return, break the record
    consumed: int  # bytes of the block that these records take; the rest waits for the next block
    marks: Marks | None = None  # none where records were matched one by one


def spans(
    block: bytes,
    delimiter: bytes,
    *,
    last: bool,
    longest: int,
    quote: bytes = b'"',
    marks: Marks | None = None,
) -> Spans:
    """Find the records of a block that starts where a record starts.

    Args:
        block: the bytes.
        delimiter: one byte.
        quote: one byte, or none where a quote is a character like any other.
        last: whether the file ends with the block.
        longest: the longest record, in bytes; a longer one counts as broken.
        marks: the block's own, where they are at hand.
    """
    measured = _measured(block, marks or marks_of(block, delimiter, quote), last=last)
    too_long = np.flatnonzero(measured.ends - measured.starts > longest)
    kept = int(too_long[0]) if len(too_long) else len(measured.starts)
    consumed = int(measured.starts[kept]) if len(too_long) else measured.consumed
    head = Spans(
        measured.starts[:kept], measured.ends[:kept], measured.fields[:kept], consumed, measured.marks
    )
    if not len(too_long) and (
        len(block) == consumed or not _stuck(block, consumed, last=last, longest=longest)
    ):
        return head
    return _joined(head, _matched(block, consumed, delimiter, last=last, longest=longest, quote=quote))


def _measured(block: bytes, marks: Marks, *, last: bool) -> Spans:
    """The records up to the first misplaced quote, all at once."""
    if not block:
        return Spans(NOTHING, NOTHING, NOTHING, 0, marks)
    data = np.frombuffer(block, dtype=np.uint8)
    limit, closed = _limit(data, marks, last=last)
    ends = places(marks.line_ends)
    ends = ends[: np.searchsorted(ends, limit)]
    complete = len(ends)
    if last and closed and (not complete or ends[-1] != len(block) - 1):
        ends = np.append(ends, len(block))
    starts = np.concatenate((np.zeros(1, dtype=np.int64), ends[:-1] + 1)) if len(ends) else NOTHING
    consumed = len(block) if len(ends) > complete else int(ends[-1]) + 1 if complete else 0
    fields = np.diff(ranks(marks.delimiters, ends), prepend=0) + 1
    if marks.returns:
        ends = ends - ((ends > starts) & (data[np.maximum(ends - 1, 0)] == _CR))
    return Spans(starts, ends, fields, consumed, marks)


def marks_of(block: bytes, delimiter: bytes, quote: bytes) -> Marks:
    """Where line ends, delimiters and quotes stand in a block that starts where a record starts."""
    data = np.frombuffer(block, dtype=np.uint8)
    wanted = bytes([_LF, delimiter[0]])
    if not quote or quote not in block:
        feeds, delimiters = each_equal(data, wanted)
        return Marks(feeds, feeds, delimiters, None, None, b"\r" in block)
    feeds, delimiters, quotes = each_equal(data, wanted + quote)
    outside = ~(within := inside(quotes))
    return Marks(feeds, feeds & outside, delimiters & outside, quotes, within, b"\r" in block)


def _limit(data: Bytes, marks: Marks, *, last: bool) -> tuple[int, bool]:
    """How far quotes and carriage returns are sound, and whether that is the end, with no quote open."""
    length = len(data)
    feeds = with_bit(marks.feeds, length)  # the end of the file ends a line
    faults = ending = np.zeros_like(feeds)
    if marks.returns:
        returns, before_feed = equal(data, _CR), sooner(feeds)
        faults, ending = returns & ~before_feed, returns & before_feed
    if marks.quotes is None or marks.within is None:
        limit = _first(faults, length)
        return limit, limit == length
    opens, closes = marks.quotes & marks.within, marks.quotes & ~marks.within
    edges = marks.delimiters | marks.quotes | feeds
    opened = opens & ~with_bit(later(edges), 0)
    closed = closes & ~sooner(edges | ending)
    faults = (faults & ~marks.within) | opened | closed
    limit = _first(faults, length)
    odd = bool(np.bitwise_count(marks.quotes).sum() & 1)
    if last and odd and limit == length:
        limit = int(places(marks.quotes)[-1])
    return limit, limit == length and not odd


def _first(of: Bits, otherwise: int) -> int:
    words = np.flatnonzero(of)
    return int(places(of[words[:1]])[0] + words[0] * 64) if len(words) else otherwise


def _stuck(block: bytes, start: int, *, last: bool, longest: int) -> bool:
    """Whether what is left of the block is more than an unfinished record that waits for its end."""
    if last or len(block) - start > longest:
        return True
    return block.find(b"\n", start) >= 0


@cache
def _pattern(delimiter: bytes, quote: bytes) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """One whole record, and the beginning of one whose quotes are still open."""
    mark, bound = re.escape(delimiter), re.escape(quote) or rb"(?!)"
    quoted = bound + rb"(?:[^" + bound + rb"]++|" + bound + bound + rb")*+" if quote else rb"(?!)"
    plain = rb"[^\r\n" + mark + re.escape(quote) + rb"]*+"
    field = rb"(?:" + quoted + bound + rb"|" + plain + rb")"
    record = field + rb"(?:" + mark + field + rb")*+"
    return (
        re.compile(record + rb"(?=\r?\n|\r?\Z)"),
        re.compile(rb"(?:" + field + mark + rb")*+" + quoted + rb"(?:" + bound + rb"\r?)?\Z"),
    )


def _matched(
    block: bytes, start: int, delimiter: bytes, *, last: bool, longest: int, quote: bytes = b'"'
) -> Spans:
    """The records from `start` on, one by one."""
    whole, still_open = _pattern(delimiter, quote)
    found: list[tuple[int, int, int]] = []
    at = start
    while at < len(block):
        match = whole.match(block, at)
        end = match.end() if match else -1
        fields = count_fields(block[at:end], delimiter, quote) if match else 0
        if match is None or end - at > longest:
            waits = not last and len(block) - at <= longest
            if waits and still_open.match(block, at):
                break
            line_end = block.find(b"\n", at)
            end, fields = (line_end if line_end >= 0 else len(block)), 0
        if end >= len(block) - 1 and not last and not block.endswith(b"\n"):
            break
        following = end + 1 if block[end : end + 1] != b"\r" else end + 2
        content_end = end - 1 if fields == 0 and block[at:end].endswith(b"\r") else end
        found.append((at, content_end, fields))
        at = following
    table = np.array(found, dtype=np.int64).reshape(-1, 3)
    return Spans(table[:, 0], table[:, 1], table[:, 2], min(at, len(block)))


def count_fields(record: bytes, delimiter: bytes, quote: bytes = b'"') -> int:
    """How many fields a record with sound quotes has."""
    quoted = quote + rb"[^" + re.escape(quote) + rb"]*+" + quote
    outside: Any = re.sub(quoted, b"", record) if quote and quote in record else record
    return int(outside.count(delimiter)) + 1


def _joined(first: Spans, second: Spans) -> Spans:
    return Spans(
        np.concatenate((first.starts, second.starts)),
        np.concatenate((first.ends, second.ends)),
        np.concatenate((first.fields, second.fields)),
        second.consumed,
    )
