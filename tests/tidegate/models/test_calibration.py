"""Whether chances come true is measured, with its interval, and adds up to the Brier score."""

from __future__ import annotations

import numpy as np
import pytest

from tidegate.models.calibration import calibration

GENERATOR = np.random.default_rng(3)
CHANCES = GENERATOR.beta(2, 5, 20_000)
LABELS = (GENERATOR.random(20_000) < CHANCES).astype(float)
DAYS = GENERATOR.integers(0, 40, 20_000)


def test_chances_that_come_true_have_hardly_an_error() -> None:
    found = calibration(LABELS, CHANCES, DAYS, 1)
    assert found.error < 0.015
    assert found.low < 0.005


def test_chances_that_are_a_tenth_too_high_have_an_error_of_a_tenth() -> None:
    found = calibration(LABELS, CHANCES + 0.1, DAYS, 1)
    assert found.error == pytest.approx(0.1, abs=0.01)
    assert found.low < found.error < found.high
    assert found.high - found.low < 0.04


def test_the_parts_add_up_to_the_brier_score() -> None:
    found = calibration(LABELS, CHANCES, DAYS, 1)
    brier = np.mean((CHANCES - LABELS) ** 2)
    assert found.reliability - found.resolution + found.uncertainty + found.within == pytest.approx(brier)
    assert abs(found.within) < 0.001
    assert sum(one.rows for one in found.bins) == 20_000


def test_the_same_chance_for_all_is_one_bin() -> None:
    found = calibration(LABELS, np.full(20_000, 0.3), DAYS, 1)
    assert [one.rows for one in found.bins] == [20_000]
    assert found.resolution == pytest.approx(0, abs=1e-9)
