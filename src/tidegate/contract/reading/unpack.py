"""From an untrusted byte stream to bounded pieces of unpacked bytes: gzip undone, sizes and ratio capped.

A file is gzip when its first bytes say so, or its name does; what it unpacks to is counted while it unpacks,
so that a bomb is refused after the limit's worth of work and not after its own.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from tidegate.contract.source import FaultFound, Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.contract.source import Stream

_GZIP = b"\x1f\x8b"
_READ = 1 << 20


def unpacked(source: Stream, name: str, limits: Limits) -> Iterator[bytes]:
    """The file's bytes in pieces, unpacked where it is gzip.

    Raises:
        FaultFound: `torn_gzip` or `too_large`.
    """
    first = source.read(_READ)
    packed = first.startswith(_GZIP)
    if not packed and first and name.lower().endswith(".gz"):
        raise FaultFound(
            "torn_gzip", "it is named .gz, and its bytes are no gzip", "Send the file packed, or unnamed"
        )
    pieces = _raw(source, first)
    total = 0
    for piece in _gunzipped(pieces, limits) if packed else pieces:
        total += len(piece)
        if total > limits.unpacked_bytes:
            raise _too_large(f"it holds more than {limits.unpacked_bytes:,} bytes unpacked")
        yield piece


def _too_large(what: str) -> FaultFound:
    return FaultFound("too_large", what, "Split the file into smaller ones, and send them one by one")


def _raw(source: Stream, first: bytes) -> Iterator[bytes]:
    piece = first
    while piece:
        yield piece
        piece = source.read(_READ)


def _gunzipped(pieces: Iterator[bytes], limits: Limits) -> Iterator[bytes]:
    taken = given = 0
    member = zlib.decompressobj(wbits=31)
    for piece in pieces:
        taken += len(piece)
        rest = piece
        while rest:
            if member.eof:  # one gzip may be several, end to end (RFC 1952, 2.2)
                if not rest.strip(b"\0"):
                    break
                member = zlib.decompressobj(wbits=31)
            out = _step(member, rest)
            rest = member.unconsumed_tail or member.unused_data
            given += len(out)
            if given > limits.ratio_from and given > taken * limits.ratio:
                raise _too_large(f"its gzip unpacks to more than {limits.ratio} times its size")
            if out:
                yield out
    if not member.eof:
        raise FaultFound("torn_gzip", "the gzip ends before its end mark", "Send the whole file again")


def _step(member: zlib._Decompress, packed: bytes) -> bytes:
    try:
        return member.decompress(packed, _READ)
    except zlib.error as error:
        raise FaultFound(
            "torn_gzip", f"the gzip is damaged ({error})", "Send the whole file again"
        ) from error
