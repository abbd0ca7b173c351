"""Two ways to find records, the fast and the careful, with one answer."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tidegate.contract.reading.test_structure import read  # one reader for all tests of structure
from tidegate.contract.reading.records import _matched, count_fields, spans

_junk = st.lists(
    st.sampled_from([b"a", b",", b",", b'"', b'""', b"\n", b"\n", b"\r\n", b"\r"]), max_size=40
).map(b"".join)


@settings(max_examples=500, deadline=None)
@given(_junk, st.integers(3, 60))
def test_measuring_and_matching_agree(block, longest):
    fast = spans(block, b",", last=True, longest=longest)
    careful = _matched(block, 0, b",", last=True, longest=longest)
    assert np.array_equal(fast.starts, careful.starts)
    assert np.array_equal(fast.ends, careful.ends)
    assert np.array_equal(fast.fields, careful.fields)
    assert fast.consumed == careful.consumed == len(block)


_tidy = st.lists(
    st.sampled_from([b"a", b"bcd", b",", b",", b',"x,y"', b',"x""\n"', b"\n", b"\n", b"\r\n"]), max_size=300
).map(b"".join)


@settings(max_examples=200, deadline=None)
@given(_tidy, st.binary(max_size=3), st.booleans())
def test_they_agree_on_many_words_of_bitmap_and_on_a_block_that_goes_on(block, end, last):
    fast = spans(block + end, b",", last=last, longest=5000)
    careful = _matched(block + end, 0, b",", last=last, longest=5000)
    kept = len(careful.starts)
    assert np.array_equal(fast.starts[:kept], careful.starts[: len(fast.starts)])
    assert np.array_equal(fast.ends[:kept], careful.ends[: len(fast.ends)])
    assert np.array_equal(fast.fields[:kept], careful.fields[: len(fast.fields)])
    if last:
        assert len(fast.starts) == kept


@settings(max_examples=300, deadline=None)
@given(_junk, st.integers(1, 9))
def test_pieces_change_nothing(body, piece):
    assert read(body, 2, piece=piece) == read(body, 2)


def test_fields_are_counted_outside_quotes():
    assert count_fields(b'a,"b,c",d', b",") == 3
    assert count_fields(b"", b",") == 1
