"""The elements of a JSON list in a block of bytes, found by their commas and brackets alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tidegate.contract.reading.json_scan import quotes_of
from tidegate.contract.reading.json_text import DEPTH
from tidegate.contract.source import FaultFound

if TYPE_CHECKING:
    from tidegate.contract.batch import Numbers
    from tidegate.contract.reading.bits import Bytes

SPACE = b" \t\r\n"  # RFC 8259, 2
_COMMA, _CLOSE = b",]"
_IS_MARK, _IS_SPACE = np.zeros(256, dtype=bool), np.zeros(256, dtype=bool)
_IS_MARK[list(b"{}[],")] = True
_IS_SPACE[list(SPACE)] = True
_STEP = np.zeros(256, dtype=np.int64)
_STEP[list(b"{[")], _STEP[list(b"}]")] = 1, -1


@dataclass(frozen=True)
class Elements:
    """The elements that end in a block, and how far they reach."""

    starts: Numbers
    ends: Numbers
    upto: int  # behind the last element's comma, or at the bracket that closes the list
    closed: bool


def elements_in(block: bytes) -> Elements:
    """The elements of a block that begins where one begins.

    Raises:
        FaultFound: `too_deep`.
    """
    data = np.frombuffer(block, dtype=np.uint8)
    marks = np.flatnonzero(_IS_MARK[data])
    marks = marks[np.searchsorted(quotes_of(data), marks) % 2 == 0]
    kinds = data[marks]
    depth = np.cumsum(_STEP[kinds])
    if len(depth) and int(depth.max()) > DEPTH:
        what = f"lists and objects stand more than {DEPTH} deep in each other"
        raise FaultFound("too_deep", what, "Send flat rows: one object, its values no lists")
    closing = np.flatnonzero(depth < 0)
    limit = int(closing[0]) if len(closing) else len(marks)
    closed = limit < len(marks) and kinds[limit] == _CLOSE
    ends = marks[:limit][(kinds[:limit] == _COMMA) & (depth[:limit] == 0)]
    upto = int(ends[-1]) + 1 if len(ends) else 0
    if closed and (len(ends) or block[: int(marks[limit])].strip(SPACE)):
        ends = np.append(ends, marks[limit])
    starts = np.concatenate((np.zeros(min(len(ends), 1), dtype=np.int64), ends[:-1] + 1))
    starts, ends = _trimmed(data, starts, ends)
    return Elements(starts, ends, int(marks[limit]) if closed else upto, closed)


def _trimmed(data: Bytes, starts: Numbers, ends: Numbers) -> tuple[Numbers, Numbers]:
    """Elements without the white space around them; an empty one stays where its comma is."""
    filled = np.append(np.flatnonzero(~_IS_SPACE[data]), len(data))
    starts = np.minimum(filled[np.searchsorted(filled, starts)], ends)
    before = np.searchsorted(filled, ends) - 1
    return starts, np.where(before < 0, starts, np.maximum(filled[before] + 1, starts))
