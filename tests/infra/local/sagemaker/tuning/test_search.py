"""Ranges, and what is tried next."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest

from infra.local.sagemaker.faults import ApiError
from infra.local.sagemaker.tuning.ranges import Category, Number, axes
from infra.local.sagemaker.tuning.search import BayesianSearch, GridSearch, RandomSearch, search

NUMBERS = (Number("x", 0.0, 10.0, "Linear", whole=False), Number("y", 0.0, 10.0, "Linear", whole=False))


def test_an_integer_takes_both_ends_and_everything_between_as_often() -> None:
    axis = Number("depth", 1, 4, "Linear", whole=True)
    counted = Counter(axis.at(step / 4000) for step in range(4000))
    assert set(counted) == {"1", "2", "3", "4"}
    assert max(counted.values()) - min(counted.values()) <= 2


@pytest.mark.parametrize(
    ("scale", "low", "high", "middle"),
    [
        ("Linear", 0.0, 10.0, 5.0),
        ("Logarithmic", 0.001, 1000.0, 1.0),
        ("ReverseLogarithmic", 0.9, 0.999, 1 - math.sqrt(0.1 * 0.001)),
    ],
)
def test_a_scale_says_what_lies_in_the_middle(scale: str, low: float, high: float, middle: float) -> None:
    axis = Number("rate", low, high, scale, whole=False)
    assert float(axis.at(0)) == pytest.approx(low)
    assert float(axis.at(0.5)) == pytest.approx(middle)
    assert float(axis.at(1)) == pytest.approx(high)


def test_the_automatic_scale_is_logarithmic_where_a_range_is_wide() -> None:
    wide = {"Name": "rate", "MinValue": "0.0001", "MaxValue": "1"}
    narrow = {"Name": "share", "MinValue": "0.1", "MaxValue": "1"}
    found = axes({"ContinuousParameterRanges": [wide, narrow]})
    assert [axis.scale for axis in found if isinstance(axis, Number)] == ["Logarithmic", "Linear"]


def ranged(**more: Any) -> dict[str, Any]:
    return {"Name": "x", "MinValue": "0", "MaxValue": "1", **more}


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        ({}, "no hyperparameter to tune"),
        ({"IntegerParameterRanges": [ranged(MinValue="1.5")]}, "invalid literal"),
        ({"ContinuousParameterRanges": [ranged(MinValue="2")]}, "2.0 to 1.0"),
        ({"ContinuousParameterRanges": [ranged(ScalingType="Logarithmic")]}, "no logarithm"),
        ({"ContinuousParameterRanges": [ranged(ScalingType="ReverseLogarithmic")]}, "less than 1"),
        ({"ContinuousParameterRanges": [ranged()], "IntegerParameterRanges": [ranged()]}, "more than one"),
    ],
)
def test_a_range_that_is_none_is_refused(ranges: dict[str, Any], said: str) -> None:
    with pytest.raises(ApiError, match=said):
        axes(ranges)


def test_the_same_seed_tries_the_same() -> None:
    first, again, other = (RandomSearch(list(NUMBERS), seed) for seed in (7, 7, 8))
    tried = [each.next([], []) for each in (first, again, other)]
    assert tried[0] == tried[1] != tried[2]


def test_a_grid_tries_every_combination_once() -> None:
    grid = GridSearch([Category("a", ("1", "2")), Category("b", ("x", "y", "z"))])
    tried = [tuple(grid.values(grid.next([], [])).values()) for _ in range(grid.size)]
    assert sorted(tried) == sorted((a, b) for a in "12" for b in "xyz")


def test_a_grid_is_of_categories_alone() -> None:
    with pytest.raises(ApiError, match="categorical"):
        GridSearch(list(NUMBERS))


def test_hyperband_is_refused_by_name() -> None:
    given = {"ContinuousParameterRanges": [ranged()]}
    with pytest.raises(ApiError, match=r"Hyperband .* is not implemented"):
        search({"Strategy": "Hyperband", "ParameterRanges": given})


def best_of(searching: RandomSearch, tries: int) -> float:
    """The best that a search finds of a hill whose top is 0, at (7, 2)."""
    results: list[tuple[tuple[float, ...], float]] = []
    for _ in range(tries):
        place = searching.next(results, [])
        said = searching.values(place)
        results.append((place, -((float(said["x"]) - 7) ** 2) - (float(said["y"]) - 2) ** 2))
    return max(score for _, score in results)


def test_what_came_before_leads_bayesian_search_higher_than_chance() -> None:
    chance = sorted(best_of(RandomSearch(list(NUMBERS), seed), 14) for seed in range(9))
    led = sorted(best_of(BayesianSearch(list(NUMBERS), seed), 14) for seed in range(5))
    assert led[2] > chance[4]
    assert led[2] > -0.1


def test_what_still_runs_is_not_tried_again() -> None:
    results = [((x / 4, 0.5), -((x / 4 - 0.6) ** 2)) for x in range(5)]
    searching = BayesianSearch(list(NUMBERS), 3)
    pending: list[tuple[float, ...]] = []
    for _ in range(3):
        pending.append(searching.next(results, pending))
    assert len({tuple(round(at, 3) for at in place) for place in pending}) == 3
