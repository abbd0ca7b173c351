"""Training's rows are weighted so that their hours, weekends and months are the window's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from tidegate.models.watch.seasons import Times, weights


def times(first: datetime, hours: int, zone: str = "UTC") -> Times:
    moments = [first + timedelta(hours=at) for at in range(hours) for _ in range(10)]
    return Times.of(pl.Series(moments, dtype=pl.Datetime("us", "UTC")), zone)


YEAR = times(datetime(2013, 1, 1, tzinfo=UTC), 365 * 24)


def weighted(now: Times, before: Times = YEAR) -> tuple[np.ndarray, float]:
    return weights(now, before, np.ones(len(before.days), dtype=bool))


def test_a_weekend_of_july_is_compared_with_weekends_of_july() -> None:
    made, own = weighted(times(datetime(2014, 7, 5, tzinfo=UTC), 48))
    used = made > 0
    assert own == 1.0
    assert set(YEAR.parts[0][used] // 48) == {7}
    assert set(YEAR.parts[1][used] // 24) == {1}
    assert made.sum() == pytest.approx(1)


def test_one_hour_is_compared_with_that_hour() -> None:
    made, _ = weighted(times(datetime(2014, 3, 4, 17, tzinfo=UTC), 1))
    assert set(YEAR.parts[2][made > 0]) == {17}


def test_the_clock_is_that_of_the_models_zone() -> None:
    new_york = times(datetime(2014, 3, 4, 2, tzinfo=UTC), 1, "America/New_York")
    assert set(new_york.parts[2]) == {21}


def test_a_month_that_training_did_not_see_is_compared_with_such_days_of_the_others() -> None:
    january = times(datetime(2013, 1, 1, tzinfo=UTC), 31 * 24)
    made, own = weighted(times(datetime(2013, 7, 6, tzinfo=UTC), 24), january)
    assert own == 0.0
    assert set(january.parts[1][made > 0] // 24) == {1}


def test_a_few_days_of_a_month_do_not_stand_for_it() -> None:
    start = times(datetime(2013, 6, 1, tzinfo=UTC), 35 * 24)  # June, and five days of July
    _, own = weighted(times(datetime(2014, 7, 1, tzinfo=UTC), 31 * 24), start)
    assert own == 0.0
