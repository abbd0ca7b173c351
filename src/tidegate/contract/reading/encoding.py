"""Text of another encoding as UTF-8, piece by piece, so that everything behind this knows one encoding alone.

What cannot be decoded becomes bytes that are no UTF-8 either: the record that they stand in is then cut out
as any other of a wrong encoding, and the rest of the file is read. Offsets count the UTF-8.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from tidegate.contract.source import FaultFound

if TYPE_CHECKING:
    from collections.abc import Iterator

_UTF_8 = {codecs.lookup(name).name for name in ("utf-8", "utf-8-sig")}  # a mark is passed over in both
_BROKEN = "tidegate-broken"
_BOM = b"\xef\xbb\xbf"
_NEXT = "Send it in the contract's encoding, or say its own: Csv(encoding=…)"


def _marked(error: UnicodeError) -> tuple[str, int]:
    """What stands for bytes that cannot be decoded: a lone byte 0xFF, which is in no UTF-8."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\udcff", error.end


codecs.register_error(_BROKEN, _marked)


def transcoded(pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The pieces as UTF-8.

    Raises:
        FaultFound: `not_text`: the file is UTF-8 throughout, and the contract says that it is not.
    """
    if codecs.lookup(encoding).name in _UTF_8:
        yield from pieces
        return
    decoder = codecs.getincrementaldecoder(encoding)(_BROKEN)
    watch = _Watch()
    for piece in pieces:
        watch.look(piece)
        yield _encoded(_decoded(decoder, piece))
    yield _encoded(decoder.decode(b"", final=True))
    watch.judge(encoding)


def _decoded(decoder: codecs.IncrementalDecoder, piece: bytes) -> str:
    try:
        return decoder.decode(piece)
    except UnicodeError as error:  # no mark in front, which alone tells the order of UTF-16's bytes
        step = 'Say the order in the contract: encoding="utf-16-le" or "utf-16-be"'
        raise FaultFound("not_text", "it does not begin with a byte order mark", step) from error


def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


class _Watch:
    """Whether the bytes would be UTF-8 beyond ASCII: then their own name of them is wrong, not the bytes."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._beyond_ascii = False
        self._decodes = True

    def look(self, piece: bytes) -> None:
        if self._decodes and (self._beyond_ascii or not piece.isascii()):
            if not self._beyond_ascii and piece.startswith(_BOM):
                raise FaultFound("not_text", "its first bytes mark it as UTF-8", _NEXT)
            self._beyond_ascii = True
            self._decode(piece)

    def judge(self, encoding: str) -> None:
        if self._beyond_ascii and self._decode(b"", final=True):
            raise FaultFound("not_text", f"it is UTF-8, and the contract says {encoding}", _NEXT)

    def _decode(self, piece: bytes, *, final: bool = False) -> bool:
        try:
            self._decoder.decode(piece, final)
        except UnicodeDecodeError:
            self._decodes = False
        return self._decodes
