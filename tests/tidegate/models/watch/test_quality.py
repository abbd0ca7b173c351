"""Predictions are judged by what came true, day by day, and only a sure loss is one."""

from __future__ import annotations

import numpy as np
import pytest

from tidegate.models.declare import Watch
from tidegate.models.watch.quality import Quality, quality

WATCH = Watch()


def judged(*, days: int = 28, a_day: int = 100, bias: float = 0.0, turned: bool = False) -> Quality:
    random = np.random.default_rng(7)
    size = days * a_day
    truth = 1 / (1 + np.exp(-random.normal(-1, 1.5, size)))
    labels = (random.random(size) < (1 - truth if turned else truth)).astype(float)
    scores = np.clip(truth + bias, 0.001, 0.999)
    return quality(labels, scores, np.repeat(np.arange(days), a_day), WATCH, expected=0.80)


def test_answers_that_come_true_as_they_did_are_no_loss() -> None:
    told = judged()
    assert (told.rows, told.days, told.note, told.found) == (2800, 28, "", ())
    assert told.auc == pytest.approx(0.83, abs=0.02)
    assert told.auc_interval is not None
    assert told.bias_interval is not None
    assert told.auc_interval[0] < told.auc < told.auc_interval[1]
    assert told.bias_interval[0] < 0 < told.bias_interval[1]
    assert (told.log_loss or 9) < (told.base_rate_log_loss or 0)


def test_scores_that_are_all_too_high_are_miscalibrated_and_keep_their_order() -> None:
    told = judged(bias=0.15)
    assert told.found == ("calibration",)
    assert told.mean_score == pytest.approx((told.rate or 0) + 0.15, abs=0.03)


def test_labels_that_turned_round_are_a_loss_of_everything() -> None:
    assert set(judged(turned=True).found) == {"auc", "log loss", "calibration"}


@pytest.mark.parametrize(("days", "a_day"), [(6, 1000), (28, 17)])
def test_few_days_or_few_labels_are_not_judged(days: int, a_day: int) -> None:
    told = judged(days=days, a_day=a_day, turned=True)
    assert told.found == ()
    assert told.note.startswith(f"{days * a_day} predictions of {days} days have their label; 500 of 7 days")


def test_labels_of_one_kind_are_not_judged() -> None:
    told = quality(np.ones(1000), np.full(1000, 0.5), np.arange(1000), WATCH, expected=0.8)
    assert told.auc is None
    assert "both outcomes" in told.note
