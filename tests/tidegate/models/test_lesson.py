"""Rows are cut by time, with the embargo, and a feature that is the label in disguise stops the training."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from tidegate.errors import Refused
from tidegate.models.lesson import Lesson

GENERATOR = np.random.default_rng(1)
LATE = GENERATOR.random(1000) < 0.3
HONEST = LATE + GENERATOR.normal(size=1000)


def lesson(**features: np.ndarray) -> Lesson:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    times = pl.Series([start + timedelta(hours=n // 2) for n in range(1000)])  # two rows an hour
    return Lesson(pl.DataFrame({"honest": HONEST, **features}), pl.Series(LATE).cast(pl.Int8), times)


def test_what_is_learned_ends_the_embargo_before_what_is_judged() -> None:
    learned, judged = lesson().cut(0.5, 0.75, timedelta(hours=10))
    assert judged.times.min() - learned.times.max() > timedelta(hours=10)  # type: ignore[operator]
    assert (len(learned), len(judged)) == (480, 250)


def test_rows_of_one_moment_are_not_torn_apart() -> None:
    learned, judged = lesson().cut(0.5005, 1.0, timedelta(0))
    assert set(learned.times).isdisjoint(judged.times)
    assert len(learned) + len(judged) == 1000


def test_honest_features_are_no_leak() -> None:
    lesson().refuse_leaks(0.98)


@pytest.mark.parametrize(
    "leak",
    [
        pytest.param(LATE + 0.1 * GENERATOR.normal(size=1000), id="the label and some noise"),
        pytest.param(-LATE.astype(float), id="the other way round"),
        pytest.param(np.where(LATE, np.nan, 1.0), id="only what came in time has a value"),
        pytest.param(np.where(LATE, 1.0, np.nan), id="only what came late has a value"),
    ],
)
def test_a_feature_that_is_the_label_in_disguise_is_refused_by_its_name(leak: np.ndarray) -> None:
    with pytest.raises(Refused, match=r"feature leak: alone it tells the label with AUC (0\.99|1\.00)"):
        lesson(leak=leak).refuse_leaks(0.98)


def test_rows_of_one_label_teach_nothing() -> None:
    same = Lesson(lesson().features, pl.Series([0] * 1000), lesson().times)
    with pytest.raises(Refused, match="1,000 of them have a label, and not both kinds"):
        same.refuse_one_sided("the training rows")
