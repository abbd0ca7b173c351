"""The shape of a feature, and how far two shapes are apart."""

from __future__ import annotations

import numpy as np
import pytest

from tidegate.models.watch.shapes import Scale, furthest_squared, psi, squared

NOTHING = float("nan")


def test_few_whole_numbers_are_kinds_and_a_new_one_has_a_bin_of_its_own() -> None:
    scale = Scale.of(np.array([3.0, 1.0, 3.0, NOTHING]))
    assert scale.kinds
    assert scale.place(np.array([1.0, 3.0, 2.0, 9.0, NOTHING])).tolist() == [0, 1, 2, 2, 3]
    assert scale.outside(np.array([1.0, 2.0, 9.0, NOTHING])).tolist() == [False, True, True, False]


def test_a_scale_has_twenty_ranges_of_equally_many_values() -> None:
    values = np.random.default_rng(7).normal(size=10_000)
    scale = Scale.of(values)
    counts = np.bincount(scale.place(values), minlength=scale.bins + 1)
    assert scale.bins == 20
    assert counts[:-1].min() > 490
    assert scale.outside(np.array([0.0, 99.0, -99.0])).tolist() == [False, True, True]


def test_many_whole_numbers_are_a_scale_and_still_listed() -> None:
    scale = Scale.of(np.arange(0.0, 200.0, 2.0))
    assert not scale.kinds
    assert scale.outside(np.array([4.0, 5.0])).tolist() == [False, True]


def test_a_feature_that_training_never_saw_takes_every_value_as_new() -> None:
    scale = Scale.of(np.array([NOTHING, NOTHING]))
    assert scale.outside(np.array([1.0, NOTHING])).tolist() == [True, False]


def test_a_window_of_training_is_held_against_the_rest_of_it() -> None:
    values = np.array([1.0, 2.0, 2.0, 5.0, NOTHING])
    window = np.array([False, False, True, True, True])
    assert Scale.of(values).new(values, [window, ~window]) == [pytest.approx(1 / 3), 0.5]
    fractions = np.array([0.5, 9.5, 4.2, 12.5])
    assert Scale.of(fractions).new(fractions, [np.array([False, False, True, True])]) == [0.5]


def test_equal_shapes_are_not_apart_and_the_index_is_its_formula() -> None:
    one, other = np.array([2.0, 2.0]), np.array([1.0, 3.0])
    assert psi(one, one * 5) == furthest_squared(one, one) == squared(one, one) == 0
    assert psi(one, other) == pytest.approx(-0.25 * np.log(0.5) + 0.25 * np.log(1.5))
    assert furthest_squared(one, other) == 0.25**2
    assert squared(one, other) == pytest.approx(2 * 0.25**2 / 0.5)
