"""Bytes as bitmaps, 64 to a word, so that a question about millions of them costs a few passes over words.

Bit i of word w stands for byte 64 · w + i. A bitmap has at least one bit more than there are bytes: the end
of the bytes has a place of its own. The idea is that of Langdale and Lemire, "Parsing Gigabytes of JSON per
Second" (2019), section 3.1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]
_PIECE = 1 << 17  # stays in the processor's second cache
_ONE, _TOP = np.uint64(1), np.uint64(63)


def equal(data: Bytes, value: int) -> Bits:
    """Where this byte stands."""
    (found,) = each_equal(data, bytes([value]))
    return found


def each_equal(data: Bytes, values: bytes) -> tuple[Bits, ...]:
    """Where each of these bytes stands; the data are looked at once, a stretch at a time."""
    found = tuple(np.zeros(len(data) // 64 + 1, dtype="<u8") for _ in values)
    packed = [words.view(np.uint8) for words in found]
    for start in range(0, len(data), _PIECE):
        stretch = data[start : start + _PIECE]
        for value, into in zip(values, packed, strict=True):
            some = np.packbits(stretch == value, bitorder="little")
            into[start // 8 : start // 8 + len(some)] = some
    return found


def side_by_side(data: Bytes, value: int) -> bool:
    """Whether this byte stands twice in a row."""
    for start in range(0, len(data), _PIECE):
        some = data[start : start + _PIECE + 1] == value
        if (some[1:] & some[:-1]).any():
            return True
    return False


def with_bit(of: Bits, place: int) -> Bits:
    """The same bitmap with one bit more."""
    more = of.copy()
    more[place // 64] |= np.uint64(1 << place % 64)
    return more


def later(of: Bits) -> Bits:
    """Each bit one place further on."""
    moved = of << _ONE
    moved[1:] |= of[:-1] >> _TOP
    return moved


def sooner(of: Bits) -> Bits:
    """Each bit one place further back."""
    moved = of >> _ONE
    moved[:-1] |= of[1:] << _TOP
    return moved


def inside(quotes: Bits) -> Bits:
    """From each odd quote up to, and without, the even one after it: an exclusive or over all before."""
    odd = quotes.copy()
    for step in (1, 2, 4, 8, 16, 32):
        odd ^= odd << np.uint64(step)
    turned = np.bitwise_xor.accumulate(np.bitwise_count(quotes) & 1)
    odd[1:] ^= np.uint64(0) - turned[:-1].astype(np.uint64)
    return odd


def places(of: Bits) -> Offsets:
    """Where its bits stand, in order."""
    at = np.flatnonzero(of)
    rest, base = of[at], at << 6
    found = []
    while len(rest):
        found.append(base + np.bitwise_count(~rest & (rest - _ONE)))
        rest = rest & (rest - _ONE)
        more = np.flatnonzero(rest)
        rest, base = rest[more], base[more]
    every: Offsets = np.concatenate(found) if found else np.zeros(0, dtype=np.int64)
    every.sort()
    return every


def ranks(of: Bits, at: Offsets) -> Offsets:
    """How many of its bits stand before each of these places."""
    before = np.zeros(len(of) + 1, dtype=np.int64)
    np.cumsum(np.bitwise_count(of), out=before[1:])
    word = at >> 6
    below = (_ONE << (at & 63).astype(np.uint64)) - _ONE
    counted: Offsets = before[word] + np.bitwise_count(of[word] & below)
    return counted
