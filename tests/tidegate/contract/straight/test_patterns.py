"""A pattern is taken only where Python matches what polars matches, and in little time."""

from __future__ import annotations

import time

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.contract.straight.cannot import CannotBeStraight
from tidegate.contract.straight.patterns import same_in_python

PIECES = ["a", "b", "[ab]", "[^a]", r"\.", "-", "[A-Z0-9]", " ", "é"]
TIMES = ["", "?", "*", "+", "{2}", "{1,3}", "{2,}"]
piece = st.tuples(st.sampled_from(PIECES), st.sampled_from(TIMES)).map("".join)
patterns = st.tuples(
    st.sampled_from(["", "^"]), st.lists(piece, max_size=4).map("".join), st.sampled_from(["", "$"])
)
texts = st.text(st.sampled_from("ab.-A0 é\n\r\u2028"), max_size=8)


@settings(max_examples=500, deadline=None)
@given(patterns.map("".join), texts)
def test_what_is_taken_matches_what_polars_matches(pattern: str, text: str) -> None:
    try:
        ours = same_in_python(pattern)
    except CannotBeStraight:
        return
    assert (ours.search(text) is not None) == pl.Series([text]).str.contains(pattern).item()


@pytest.mark.parametrize("pattern", ["^[A-Z0-9]{2}$", "^[A-Z][A-Z0-9]{4,5}$", "^a", r"\.", "^[a-z]+$", ""])
def test_common_patterns_are_taken(pattern: str) -> None:
    assert same_in_python(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\w+",
        "(?i)^a",
        "(a|b){2}",
        "a|b",
        "a.",
        "^(a+)+$",
        "a*b",
        "^a*b*$",
        "[[:alpha:]]",
        "[a&&b]",
        "a++",
        "é",
        "^.$",
    ],
)
def test_others_are_left_to_polars(pattern: str) -> None:
    with pytest.raises(CannotBeStraight):
        same_in_python(pattern)


def test_a_hostile_text_takes_no_longer_than_its_length() -> None:
    began = time.process_time()
    for pattern in ("^[a-z]+$", "^a{0,90}a{0,90}b$", "^[a-z]+[a-z]{0,90}[a-z]{0,90}0$"):
        assert same_in_python(pattern).search("a" * 2_000 + "!") is None
    assert time.process_time() - began < 5
