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


@settings(max_examples=300, deadline=None)
@given(_junk, st.integers(1, 9))
def test_pieces_change_nothing(body, piece):
    assert read(body, 2, piece=piece) == read(body, 2)


def test_fields_are_counted_outside_quotes():
    assert count_fields(b'a,"b,c",d', b",") == 3
    assert count_fields(b"", b",") == 1
