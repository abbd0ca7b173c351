"""Where the records of a block of bytes begin and end, by RFC 4180's quotes, and which of them are broken.

Two ways with one answer. A block whose every quote stands where RFC 4180 allows one is measured as a whole:
a line end or a delimiter lies inside a quoted field when an odd number of quotes comes before it. From the
first record with a misplaced quote on, records are matched one by one, and **a record that breaks the quotes
gives up its first line alone**: reading goes on at the next line, so that one stray quote does not swallow
the rows after it. A bare carriage return outside quotes ends no record, and breaks the one it stands in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

Offsets = npt.NDArray[np.int64]
_LF, _CR, _QUOTE = 10, 13, 34
NOTHING: Offsets = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Spans:
    """Complete records of a block: where each starts and ends (line end left out), and its field count."""

    starts: Offsets
    ends: Offsets
    fields: Offsets  # 0: the quotes, or a bare carriage return, break the record
    consumed: int  # bytes of the block that these records take; the rest waits for the next block


def spans(block: bytes, delimiter: bytes, *, last: bool, longest: int) -> Spans:
    """Find the records of a block that starts where a record starts.

    Args:
        block: the bytes.
        delimiter: one byte.
        last: whether the file ends with the block.
        longest: the longest record, in bytes; a longer one counts as broken.
    """
    measured = _measured(block, delimiter, last=last)
    too_long = np.flatnonzero(measured.ends - measured.starts > longest)
    kept = int(too_long[0]) if len(too_long) else len(measured.starts)
    consumed = int(measured.starts[kept]) if len(too_long) else measured.consumed
    head = Spans(measured.starts[:kept], measured.ends[:kept], measured.fields[:kept], consumed)
    if not len(too_long) and (
        len(block) == consumed or not _stuck(block, consumed, last=last, longest=longest)
    ):
        return head
    return _joined(head, _matched(block, consumed, delimiter, last=last, longest=longest))


def _measured(block: bytes, delimiter: bytes, *, last: bool) -> Spans:
    """The records up to the first misplaced quote, all at once."""
    if not block:
        return Spans(NOTHING, NOTHING, NOTHING, 0)
    data = np.frombuffer(block, dtype=np.uint8)
    line_ends = np.flatnonzero(data == _LF)
    delimiters = np.flatnonzero(data == delimiter[0])
    quotes = np.flatnonzero(data == _QUOTE) if b'"' in block else NOTHING
    limit = len(block)
    if len(quotes):
        limit = _first_misplaced(data, quotes, delimiter[0], last=last)
        line_ends = line_ends[np.searchsorted(quotes, line_ends) % 2 == 0]
        delimiters = delimiters[np.searchsorted(quotes, delimiters) % 2 == 0]
    if b"\r" in block:
        limit = min(limit, _first_bare_return(data, quotes))
    closed = limit == len(block) and len(quotes) % 2 == 0
    ends = line_ends[line_ends < limit]
    complete = len(ends)
    if last and closed and (not complete or ends[-1] != len(block) - 1):
        ends = np.append(ends, len(block))
    starts = np.concatenate((np.zeros(1, dtype=np.int64), ends[:-1] + 1)) if len(ends) else NOTHING
    fields = np.searchsorted(delimiters, ends) - np.searchsorted(delimiters, starts) + 1
    if b"\r" in block:
        ends = ends - ((ends > starts) & (data[np.maximum(ends - 1, 0)] == _CR))
    consumed = len(block) if len(ends) > complete else int(line_ends[complete - 1]) + 1 if complete else 0
    return Spans(starts, ends, fields, consumed)


def _first_misplaced(data: npt.NDArray[np.uint8], quotes: Offsets, delimiter: int, *, last: bool) -> int:
    """Where a quote first opens inside a field or closes before its end; the block's length if none does."""
    before = np.where(quotes > 0, data[np.maximum(quotes - 1, 0)], _LF)
    after = np.where(quotes + 1 < len(data), data[np.minimum(quotes + 1, len(data) - 1)], _LF)
    then = np.where(quotes + 2 < len(data), data[np.minimum(quotes + 2, len(data) - 1)], _LF)
    opens = np.arange(len(quotes)) % 2 == 0
    may_open = (before == delimiter) | (before == _LF) | (before == _QUOTE)
    may_close = (after == delimiter) | (after == _LF) | (after == _QUOTE) | ((after == _CR) & (then == _LF))
    misplaced = np.flatnonzero(~np.where(opens, may_open, may_close))
    if len(misplaced):
        return int(quotes[misplaced[0]])
    return int(quotes[-1]) if last and len(quotes) % 2 else len(data)


def _first_bare_return(data: npt.NDArray[np.uint8], quotes: Offsets) -> int:
    """Where a carriage return outside quotes first lacks its line feed; the block's length if none does."""
    returns = np.flatnonzero(data == _CR)
    returns = returns[np.searchsorted(quotes, returns) % 2 == 0]
    following = np.where(returns + 1 < len(data), data[np.minimum(returns + 1, len(data) - 1)], _LF)
    bare = returns[following != _LF]
    return int(bare[0]) if len(bare) else len(data)


def _stuck(block: bytes, start: int, *, last: bool, longest: int) -> bool:
    """Whether what is left of the block is more than an unfinished record that waits for its end."""
    if last or len(block) - start > longest:
        return True
    return block.find(b"\n", start) >= 0


@cache
def _pattern(delimiter: bytes) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """One whole record, and the beginning of one whose quotes are still open."""
    mark = re.escape(delimiter)
    quoted = rb'"(?:[^"]++|"")*+'
    plain = rb'[^"\r\n' + mark + rb"]*+"
    field = rb"(?:" + quoted + rb'"|' + plain + rb")"
    record = field + rb"(?:" + mark + field + rb")*+"
    return (
        re.compile(record + rb"(?=\r?\n|\r?\Z)"),
        re.compile(rb"(?:" + field + mark + rb")*+" + quoted + rb"(?:\"\r?)?\Z"),
    )


def _matched(block: bytes, start: int, delimiter: bytes, *, last: bool, longest: int) -> Spans:
    """The records from `start` on, one by one."""
    whole, still_open = _pattern(delimiter)
    found: list[tuple[int, int, int]] = []
    at = start
    while at < len(block):
        match = whole.match(block, at)
        end = match.end() if match else -1
        fields = count_fields(block[at:end], delimiter) if match else 0
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


def count_fields(record: bytes, delimiter: bytes) -> int:
    """How many fields a record with sound quotes has."""
    outside: Any = re.sub(rb'"[^"]*+"', b"", record) if b'"' in record else record
    return int(outside.count(delimiter)) + 1


def _joined(first: Spans, second: Spans) -> Spans:
    return Spans(
        np.concatenate((first.starts, second.starts)),
        np.concatenate((first.ends, second.ends)),
        np.concatenate((first.fields, second.fields)),
        second.consumed,
    )
