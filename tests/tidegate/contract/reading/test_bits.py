"""Bitmaps against the same question asked byte by byte."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.contract.reading.bits import equal, inside, later, places, ranks, side_by_side, sooner, with_bit

_bytes = st.lists(st.sampled_from([b"a", b'"', b"a" * 63, b'"' * 64, b"aaaaa"]), max_size=30).map(b"".join)


def _listed(bits, length):
    return np.unpackbits(bits.view(np.uint8), bitorder="little")[: length + 1].astype(bool).tolist()


@settings(max_examples=300, deadline=None)
@given(_bytes)
def test_a_bitmap_answers_as_a_walk_over_the_bytes_does(body):
    marked = [byte == 34 for byte in body] + [False]
    found = equal(np.frombuffer(body, dtype=np.uint8), 34)
    assert _listed(found, len(body)) == marked
    assert places(found).tolist() == [at for at, one in enumerate(marked) if one]
    assert _listed(later(found), len(body)) == [False, *marked[:-1]]
    assert _listed(sooner(found), len(body)) == [*marked[1:], False]
    every = np.arange(len(marked))
    assert ranks(found, every).tolist() == [sum(marked[:at]) for at in every]
    assert _listed(inside(found), len(body)) == [sum(marked[: at + 1]) % 2 == 1 for at in every]
    assert _listed(with_bit(found, len(body)), len(body)) == [*marked[:-1], True]
    assert side_by_side(np.frombuffer(body, dtype=np.uint8), 34) == (b'""' in body)


def test_a_bitmap_of_many_pieces_has_each_bit_in_its_place():
    body = np.zeros(1_000_003, dtype=np.uint8)
    body[::777] = 1
    assert np.array_equal(places(equal(body, 1)), np.arange(0, 1_000_003, 777))


def test_two_bytes_in_a_row_are_found_wherever_pieces_meet():
    for at in (0, (1 << 17) - 1, 1 << 17, 299_998):
        body = np.zeros(300_000, dtype=np.uint8)
        body[[at, at + 1]] = 1
        assert side_by_side(body, 1)
        body[at] = 0
        assert not side_by_side(body, 1)
