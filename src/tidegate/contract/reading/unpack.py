"""From an untrusted byte stream to bounded pieces of unpacked bytes: gzip, zstd and bzip2 undone.

A file is packed when its first bytes say so; a name that says so of bytes that are not is a fault. Members
and frames that stand end to end are one file (RFC 1952, 2.2; RFC 8878, 3.1). What comes out is counted while
it comes, so that a bomb is refused after the limit's worth of work and not after its own. An archive in an
archive is not unpacked twice.
"""

from __future__ import annotations

import bz2
import sys
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tidegate.contract.source import FaultFound, Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_READ = 1 << 20
_ZSTD_WINDOW = 26  # 2 to this power, 64 MB: what one frame may make the reader hold


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Member(Protocol):
    """One member or frame on its way, as `bz2` and `zstd` of the standard library have it."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


class _Gzip:
    """zlib's reader of gzip, in the manner of the others."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._member.eof

    @property
    def unused_data(self) -> bytes:
        return self._member.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._member.unconsumed_tail

    def decompress(self, data: bytes, max_length: int = 0) -> bytes:
        return self._member.decompress(self._member.unconsumed_tail + data, max_length)


def _zstd() -> _Member:
    if sys.version_info >= (3, 14):
        from compression.zstd import DecompressionParameter, ZstdDecompressor
    else:
        from backports.zstd import DecompressionParameter, ZstdDecompressor
    return ZstdDecompressor(options={DecompressionParameter.window_log_max: _ZSTD_WINDOW})


@dataclass(frozen=True)
class _Packing:
    name: str
    first: tuple[bytes, ...]
    ending: str
    member: Callable[[], _Member]


_SKIPPABLE = tuple(bytes([kind]) + b"\x2a\x4d\x18" for kind in range(0x50, 0x60))  # RFC 8878, 3.1.2
_BZIP2 = tuple(b"BZh%d" % level + block for level in range(1, 10) for block in (b"1AY&SY", b"\x17rE8P\x90"))
_PACKINGS = (
    _Packing("gzip", (b"\x1f\x8b",), ".gz", _Gzip),
    _Packing("zstd", (b"\x28\xb5\x2f\xfd", *_SKIPPABLE), ".zst", _zstd),
    _Packing("bzip2", _BZIP2, ".bz2", bz2.BZ2Decompressor),
)
ENDINGS = tuple(packing.ending for packing in _PACKINGS)


def unpacked(file: _Readable, name: str, limits: Limits) -> Iterator[bytes]:
    """The file's bytes in pieces, unpacked where it is packed.

    Args:
        file: its bytes; only `read(n)` is called.
        name: its key, of which the ending is held against the first bytes.
        limits: how much may come out.

    Raises:
        FaultFound: `torn_gzip`, `torn_zstd`, `torn_bzip2` or `too_large`.
    """
    first = file.read(_READ)
    packing = next((some for some in _PACKINGS if first.startswith(some.first)), None)
    named = next((some for some in _PACKINGS if name.lower().endswith(some.ending)), None)
    if named and first and named is not packing:
        what = f"it is named {named.ending}, and its bytes are no {named.name}"
        raise FaultFound(f"torn_{named.name}", what, "Send the file packed as its name says, or rename it")
    pieces = _raw(file, first)
    total = 0
    for piece in _undone(pieces, packing, limits) if packing else pieces:
        total += len(piece)
        if total > limits.unpacked_bytes:
            raise _too_large(f"it holds more than {limits.unpacked_bytes:,} bytes unpacked")
        yield piece


def _too_large(what: str) -> FaultFound:
    return FaultFound("too_large", what, "Split the file into smaller ones, and send them one by one")


def _raw(file: _Readable, first: bytes) -> Iterator[bytes]:
    piece = first
    while piece:
        yield piece
        piece = file.read(_READ)


def _undone(pieces: Iterator[bytes], packing: _Packing, limits: Limits) -> Iterator[bytes]:
    taken = given = 0
    member = packing.member()
    for piece in pieces:
        taken += len(piece)
        rest = piece
        while rest or not (member.eof or member.needs_input):
            if member.eof:
                if not rest.strip(b"\0"):  # tapes and some tools fill the last block
                    break
                member = packing.member()
            out = _step(member, rest, packing)
            rest = member.unused_data if member.eof else b""
            given += len(out)
            if given > limits.ratio_from and given > taken * limits.ratio:
                raise _too_large(f"its {packing.name} unpacks to more than {limits.ratio} times its size")
            if out:
                yield out
    if not member.eof:
        what = f"the {packing.name} ends before its end mark"
        raise FaultFound(f"torn_{packing.name}", what, "Send the whole file again")


def _step(member: _Member, packed: bytes, packing: _Packing) -> bytes:
    try:
        return member.decompress(packed, _READ)
    except (zlib.error, OSError, EOFError, _zstd_error()) as error:
        said = str(error).lower()
        if "memory" in said or "window" in said:
            what = f"its zstd asks for a window of more than {1 << _ZSTD_WINDOW:,} bytes"
            raise FaultFound("too_large", what, "Pack it without --ultra and --long") from error
        what = f"the {packing.name} is damaged ({error})"
        raise FaultFound(f"torn_{packing.name}", what, "Send the whole file again") from error


def _zstd_error() -> type[Exception]:
    if sys.version_info >= (3, 14):
        from compression.zstd import ZstdError
    else:
        from backports.zstd import ZstdError
    return ZstdError
