"""The scores equal scikit-learn's, and an interval is as wide as the days are few."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from tidegate.models.baselines import base_rate, one_feature
from tidegate.models.scores import difference, score

GENERATOR = np.random.default_rng(1)
LABELS = (GENERATOR.random(2000) < 0.3).astype(float)
GOOD = np.clip(LABELS * 0.3 + GENERATOR.random(2000) * 0.7, 0, 1).round(2)  # rounded, so that there are ties
POOR = GENERATOR.random(2000)
DAYS = np.arange(2000) // 100


def test_the_scores_equal_those_of_scikit_learn() -> None:
    found = score(LABELS, GOOD)
    assert found.auc == pytest.approx(roc_auc_score(LABELS, GOOD))
    assert found.log_loss == pytest.approx(log_loss(LABELS, np.clip(GOOD, 1e-7, 1 - 1e-7)))
    assert found.brier == pytest.approx(brier_score_loss(LABELS, GOOD))


def test_a_better_model_is_surely_better_and_an_equal_one_is_not() -> None:
    better = difference(LABELS, GOOD, POOR, blocks=DAYS, seed=7)
    assert better.low > 0
    assert better.low < better.auc < better.high
    equal = difference(LABELS, GOOD, GOOD, blocks=DAYS, seed=7)
    assert (equal.low, equal.high) == (0, 0)


def test_resampling_days_gives_a_wider_interval_than_resampling_rows_when_days_are_alike() -> None:
    mood = GENERATOR.normal(size=20)[DAYS] * 0.5
    labels = (GENERATOR.random(2000) < 1 / (1 + np.exp(-mood))).astype(float)
    by_day = difference(labels, mood, POOR, blocks=DAYS, seed=7)
    by_row = difference(labels, mood, POOR, blocks=np.arange(2000), seed=7)
    assert by_day.high - by_day.low > by_row.high - by_row.low


def test_baselines_answer_with_the_rate_of_the_range_that_a_value_falls_into() -> None:
    learnt = {"base_rate": 0.2, "edges": [10.0, 20.0], "rates": [0.1, 0.2, 0.3], "missing": 0.4}
    assert one_feature(learnt, np.array([9, 10, 25, np.nan])).tolist() == [0.1, 0.2, 0.3, 0.4]
    assert base_rate(learnt, 2).tolist() == [0.2, 0.2]
