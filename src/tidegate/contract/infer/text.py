"""In which encoding a text file is written: UTF-8 wherever it can be, else the likeliest that decodes it."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_FEW = 4  # so many letters of UTF-8 to one byte that is none: then it is UTF-8 with wounds
_NO_CP1252 = frozenset((0x81, 0x8D, 0x8F, 0x90, 0x9D))


def encoding_of(pieces: Iterable[bytes]) -> tuple[str, str]:
    """The encoding's name, and what was guessed about it; nothing where it is sure."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    wrong = letters = 0
    high: set[int] = set()
    first = b""
    for piece in pieces:
        if not first:
            first = piece[:4096]
            if wide := _utf_16(first):
                return wide
        if piece.isascii() and not wrong:
            continue
        text = decoder.decode(piece)
        found = _escaped(text)
        wrong += found
        letters += len(text) - sum(map(text.count, map(chr, range(128)))) - found
        high.update(byte for byte in set(piece) if byte > 0x7F)
    wrong += _escaped(decoder.decode(b"", final=True))
    if not wrong:
        return "utf-8", ""
    if letters > _FEW * wrong:
        return "utf-8", f"{wrong} bytes of the sample are no UTF-8; their rows will be refused"
    name = "latin-1" if high & _NO_CP1252 else "cp1252"
    return name, f"{name} is a guess: it is no UTF-8, and other encodings would decode it too"


def _escaped(text: str) -> int:
    """How many bytes could not be decoded."""
    return sum("\udc80" <= letter <= "\udcff" for letter in text)


def _utf_16(first: bytes) -> tuple[str, str] | None:
    for mark, name in _MARKS.items():
        if first.startswith(mark):
            return name, ""
    even, odd = first[::2].count(0), first[1::2].count(0)
    if max(even, odd) * 5 < len(first):
        return None
    name = "utf-16-le" if odd > even else "utf-16-be"
    return name, f"{name} without a byte order mark, as its NUL bytes tell"
