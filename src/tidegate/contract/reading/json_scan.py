"""JSON's punctuation in a block of bytes, for all records at once: what stands in strings does not count.

A quote opens or closes a string unless an odd number of backslashes stands before it (RFC 8259, 7). Strings
are followed from the start of each record anew, so that a record with a stray quote misleads no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from tidegate.contract.reading.bits import Offsets

    Bytes = npt.NDArray[np.uint8]

_QUOTE, _BACKSLASH, _COLON, _BRACKET, _BRACE = b'"\\:[{'


def quotes_of(data: Bytes) -> Offsets:
    """Where strings open and close."""
    quotes = np.flatnonzero(data == _QUOTE)
    backslashes = np.flatnonzero(data == _BACKSLASH)
    if not len(backslashes) or not len(quotes):
        return quotes
    begins = np.diff(backslashes, prepend=-2) != 1
    run_start = np.maximum.accumulate(np.where(begins, backslashes, 0))
    run = np.minimum(np.searchsorted(backslashes, quotes - 1), len(backslashes) - 1)
    escaped = (backslashes[run] == quotes - 1) & ((quotes - run_start[run]) % 2 == 1)
    unescaped: Offsets = quotes[~escaped]
    return unescaped


def outside_strings(at: Offsets, quotes: Offsets, starts: Offsets) -> tuple[Offsets, Offsets]:
    """Those of the places `at` that stand in no string, and the record of each."""
    record = np.searchsorted(starts, at, side="right") - 1
    opened: Offsets = np.searchsorted(quotes, at) - np.searchsorted(quotes, starts)[record]
    outside = opened % 2 == 0
    return at[outside], record[outside]


def pairs_in(data: Bytes, starts: Offsets) -> Offsets:
    """How many keys each record has, at any depth: a colon outside strings follows each."""
    _, record = outside_strings(np.flatnonzero(data == _COLON), quotes_of(data), starts)
    return np.bincount(record, minlength=len(starts))


def openings_in(data: Bytes, starts: Offsets) -> Offsets:
    """How many lists and objects each record may have at most: brackets, be they in strings or not."""
    at = np.flatnonzero((data == _BRACKET) | (data == _BRACE))
    return np.bincount(np.searchsorted(starts, at, side="right") - 1, minlength=len(starts))
