"""A few minutes' worth of the fuzz run, on every commit; ten times as much in the full tier."""

from __future__ import annotations

import pytest

from tests.fuzz.files import FORMATS
from tests.fuzz.verdicts import judge, kind_of

CASES = 500


@pytest.mark.seeds(40)
def test_any_bytes_come_to_a_verdict_in_which_no_row_is_lost(seed):
    numbers = range(seed * CASES, (seed + 1) * CASES)
    found = {(kind_of(number), judge(number)) for number in numbers}
    assert found >= {(kind, outcome) for kind in FORMATS for outcome in ("good", "partly")}
