"""Packed files: told by their first bytes, whole or refused, and never more than their limit."""

from __future__ import annotations

import bz2
import gzip
import io
import sys

import pytest

from tidegate.contract.reading.unpack import unpacked
from tidegate.contract.source import FaultFound, Limits

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BODY = b"a,b\n1,2\n" * 20_000
SKIPPABLE = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"abcd"
PACK = {"gzip": gzip.compress, "zstd": zstd.compress, "bzip2": bz2.compress}
ENDING = {"gzip": ".gz", "zstd": ".zst", "bzip2": ".bz2"}


def undone(body: bytes, name: str = "a.csv", **limits: int) -> bytes:
    return b"".join(unpacked(io.BytesIO(body), name, Limits(**limits)))


def fault(body: bytes, name: str = "a.csv", **limits: int) -> str:
    with pytest.raises(FaultFound) as found:
        undone(body, name, **limits)
    assert found.value.fault.what
    assert found.value.fault.next_step
    return found.value.fault.code


@pytest.mark.parametrize("kind", PACK)
def test_members_end_to_end_are_one_file_whatever_its_name(kind):
    packed = PACK[kind](BODY[:100]) + PACK[kind](BODY[100:])
    assert undone(packed) == BODY
    assert undone(packed, "A.CSV" + ENDING[kind].upper()) == BODY


def test_frames_that_zstd_skips_are_skipped():
    assert undone(SKIPPABLE + zstd.compress(BODY) + SKIPPABLE) == BODY


def test_zeros_behind_the_last_member_are_filling():
    assert undone(gzip.compress(BODY) + b"\0" * 100) == BODY


@pytest.mark.parametrize("kind", PACK)
def test_what_is_torn_damaged_or_only_named_so_is_refused(kind):
    packed = PACK[kind](BODY)
    assert fault(packed[:-3]) == f"torn_{kind}"
    assert fault(packed + b"and more") == f"torn_{kind}"
    middle = len(packed) // 2
    assert fault(packed[:middle] + b"\xff\0\xff\0" + packed[middle + 4 :]) == f"torn_{kind}"
    assert fault(BODY, "a.csv" + ENDING[kind]) == f"torn_{kind}"


@pytest.mark.parametrize("kind", PACK)
def test_a_bomb_is_refused_after_the_limits_worth_of_work(kind):
    bomb = PACK[kind](bytes(40 << 20))
    assert fault(bomb) == "too_large"
    assert fault(PACK[kind](BODY), unpacked_bytes=1000) == "too_large"


def test_a_window_larger_than_the_function_could_hold_is_refused():
    parameter = zstd.CompressionParameter.window_log
    packer = zstd.ZstdCompressor(options={parameter: 27})
    assert fault(packer.compress(BODY) + packer.flush()) == "too_large"


def test_text_that_begins_like_bzip2_is_text():
    assert undone(b"BZh,b\n1,2\n") == b"BZh,b\n1,2\n"
