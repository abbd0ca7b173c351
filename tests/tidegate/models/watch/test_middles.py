"""The middle of a feature is the mean of its middle half, by weight."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from tidegate.models.watch.middles import Middles

VALUES = np.random.default_rng(1).permutation(np.r_[np.random.default_rng(2).normal(size=396), [9e9] * 4])


def test_equal_weights_give_the_mean_without_a_quarter_at_either_end() -> None:
    assert Middles.of(VALUES).at(np.ones(400)) == pytest.approx(stats.trim_mean(VALUES, 0.25))


def test_a_weight_counts_as_so_many_rows() -> None:
    weight = np.random.default_rng(3).integers(0, 4, 400).astype(float)
    repeated = np.repeat(VALUES, weight.astype(int))
    assert Middles.of(VALUES).at(weight) == pytest.approx(Middles.of(repeated).at(np.ones(len(repeated))))
    assert Middles.of(VALUES).deviation(weight) == pytest.approx(float(np.std(repeated)))


def test_missing_values_have_no_say_and_nothing_has_no_middle() -> None:
    some = np.array([np.nan, 3.0, -np.inf, 3.0, np.inf])
    assert Middles.of(some).at(np.ones(5)) == 3.0
    assert math.isnan(Middles.of(some).at(np.array([1.0, 0, 1, 0, 1])))
