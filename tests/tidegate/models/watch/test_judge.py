"""What is ordinary is learned from training's own windows; what goes beyond it is a drift."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from tidegate.models.watch.judge import Finding, Floors, Rows, holm, judge
from tidegate.models.watch.seasons import Times

START = datetime(2013, 1, 1, tzinfo=UTC)
A_DAY = 200


def rows(first: int, days: int, seed: int) -> Rows:
    """A number that is lower at weekends, weather of one value a day, a kind, and one often missing."""
    random = np.random.default_rng(seed)
    moments = [
        START + timedelta(days=first + day, minutes=7 * at) for day in range(days) for at in range(A_DAY)
    ]
    times = Times.of(pl.Series(moments, dtype=pl.Datetime("us", "UTC")), "UTC")
    size = days * A_DAY
    often_missing = random.normal(size=size)
    often_missing[random.random(size) < 0.1] = np.nan
    return Rows(
        times,
        {
            "number": random.normal(size=size) - 2 * (times.parts[1] >= 24),
            "weather": np.repeat(random.normal(size=days), A_DAY) + random.normal(size=size) / 5,
            "kind": random.integers(0, 3, size).astype(float),
            "often_missing": often_missing,
        },
    )


BEFORE = rows(0, 120, seed=1)


def drifted(now: Rows) -> set[tuple[str, str]]:
    return {(test.feature, test.test) for test in judge(BEFORE, now, Floors()).drifted}


def changed(now: Rows, name: str, values: np.ndarray) -> Rows:
    return replace(now, columns={**now.columns, name: values})


@pytest.mark.seeds(50)
def test_an_ordinary_week_has_no_drift_though_its_rows_share_seven_days_of_weather(seed: int) -> None:
    assert drifted(rows(130, 7, seed + 10)) == set()


def test_rows_of_the_same_weather_count_as_few_and_others_as_many() -> None:
    judged = judge(BEFORE, rows(130, 7, 10), Floors())
    effective = {test.feature: test.effective for test in judged.tests if test.test == "kolmogorov-smirnov"}
    assert effective["weather"] < 30
    assert effective["number"] > 500


def test_an_ordinary_weekend_is_no_drift() -> None:
    saturday = 130 + (5 - (START + timedelta(days=130)).weekday()) % 7
    assert drifted(rows(saturday, 2, seed=20)) == set()


def test_a_weekday_that_looks_like_a_weekend_is_a_drift() -> None:
    monday = 130 + (7 - (START + timedelta(days=130)).weekday()) % 7
    now = rows(monday, 5, seed=21)
    assert drifted(changed(now, "number", now.columns["number"] - 2)) == {
        ("number", "kolmogorov-smirnov"),
        ("number", "middle"),
    }


def test_weather_far_beyond_that_of_ordinary_weeks_is_a_drift_by_its_middle() -> None:
    now = rows(130, 7, seed=28)
    assert ("weather", "middle") not in drifted(changed(now, "weather", now.columns["weather"] + 0.5))
    assert ("weather", "middle") in drifted(changed(now, "weather", now.columns["weather"] + 4))


def test_a_middle_that_stands_still_from_window_to_window_is_not_judged() -> None:
    size = len(BEFORE)
    rain = np.where(np.arange(size) % 10 == 0, np.random.default_rng(2).random(size), 0.0)
    now = rows(130, 7, seed=29)
    told = judge(
        changed(BEFORE, "rain", rain),
        changed(now, "rain", np.random.default_rng(3).random(len(now))),
        Floors(),
    )
    assert {test.test for test in told.tests if test.feature == "rain"} == {
        "kolmogorov-smirnov",
        "missing",
        "outside",
    }


def test_a_spread_that_doubles_is_a_drift() -> None:
    now = rows(130, 7, seed=22)
    assert ("weather", "kolmogorov-smirnov") not in drifted(now)
    assert ("often_missing", "kolmogorov-smirnov") in drifted(
        changed(now, "often_missing", now.columns["often_missing"] * 2)
    )


def test_values_that_go_missing_are_a_drift() -> None:
    now = rows(130, 7, seed=23)
    gone = np.where(np.random.default_rng(1).random(len(now)) < 0.1, np.nan, now.columns["often_missing"])
    assert drifted(changed(now, "often_missing", gone)) == {("often_missing", "missing")}


def test_a_new_kind_is_a_drift_from_one_row_in_a_hundred_on() -> None:
    now = rows(130, 7, seed=24)
    kinds = np.where(np.arange(len(now)) % 50 == 0, 9.0, now.columns["kind"])
    assert ("kind", "outside") in drifted(changed(now, "kind", kinds))
    kinds = np.where(np.arange(len(now)) % 500 == 0, 9.0, now.columns["kind"])
    assert drifted(changed(now, "kind", kinds)) == set()


def test_values_beyond_all_that_training_had_are_a_drift() -> None:
    now = rows(130, 7, seed=25)
    far = np.where(np.arange(len(now)) % 10 == 0, 50.0, now.columns["number"])
    assert ("number", "outside") in drifted(changed(now, "number", far))


def test_a_certain_difference_that_is_small_is_no_drift() -> None:
    now = rows(130, 28, seed=26)
    assert drifted(changed(now, "number", now.columns["number"] + 0.15)) == set()


def test_a_feature_that_only_one_side_has_is_not_judged() -> None:
    now = rows(130, 7, seed=27)
    told = judge(
        BEFORE, Rows(now.times, {"number": now.columns["number"], "other": now.columns["kind"]}), Floors()
    )
    assert {test.feature for test in told.tests} == {"number"}


def test_of_many_tests_each_must_be_the_more_certain() -> None:
    one = Finding(
        feature="a",
        test="missing",
        value=1.0,
        expected=0.0,
        limit=0.1,
        chance=0.008,
        effective=9.0,
        further=True,
    )
    assert [test.drifted for test in holm([one])] == [True]
    other = replace(one, chance=0.9)
    assert [test.drifted for test in holm([one, other])] == [False, False]
    assert [test.drifted for test in holm([replace(one, chance=0.004), one, other])] == [False, False, False]
    assert [test.drifted for test in holm([other, replace(one, chance=0.003), one])] == [False, True, False]
