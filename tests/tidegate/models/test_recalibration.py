"""Chances are corrected where that helps, within the graph, and left alone where it does not."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tests.tidegate.models import candidates
from tests.tidegate.models.test_gating import RUN
from tidegate.models.calibration import calibration
from tidegate.models.evaluate import held_out
from tidegate.models.export import chances_of, parity, to_onnx
from tidegate.models.onnx_model import load, session_of
from tidegate.models.recalibration import Platt, append, learn
from tidegate.models.scores import Ranked, score
from tidegate.models.train import train

if TYPE_CHECKING:
    from pathlib import Path

METHODS = ("isotonic", "platt")
GENERATOR = np.random.default_rng(5)
TRUTH = GENERATOR.beta(2, 3, 30_000)
LABELS = (GENERATOR.random(30_000) < TRUTH).astype(float)
TOO_SURE = TRUTH**3 / (TRUTH**3 + (1 - TRUTH) ** 3)
DAYS = GENERATOR.integers(0, 30, 30_000)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_too_sure_comes_true_afterwards(method: str) -> None:
    corrected = learn(method, TOO_SURE[:15_000], LABELS[:15_000])(TOO_SURE[15_000:])
    before = calibration(LABELS[15_000:], TOO_SURE[15_000:], DAYS[15_000:], 1)
    after = calibration(LABELS[15_000:], corrected, DAYS[15_000:], 1)
    assert before.error > 0.1
    assert after.error < 0.02
    kept = Ranked(LABELS[15_000:], corrected).auc() - Ranked(LABELS[15_000:], TOO_SURE[15_000:]).auc()
    assert abs(kept) < 0.002, "the order of the rows is nearly the same"


@pytest.mark.parametrize("method", METHODS)
def test_the_graph_says_what_estimator_and_correction_say(method: str) -> None:
    features = candidates.features(candidates.world(1), {})
    labels = candidates.world(1)["late"].to_numpy().astype(int)
    fitted = LogisticRegression().fit(features.to_numpy(), labels)
    correction = learn(method, chances_of(fitted, features) ** 2, labels.astype(float))
    content = append(to_onnx(fitted, features.width), correction)
    assert parity(fitted, content, features, correction)["greatest_difference"] < 2e-5
    whole = session_of(content).run(None, {"features": features.to_numpy().astype(np.float32)[:100]})[1]
    assert whole.sum(axis=1) == pytest.approx(np.ones(100), abs=1e-6)


def test_chances_at_the_ends_and_one_chance_for_all_are_corrected_too() -> None:
    ends = learn("isotonic", np.linspace(0, 1, 100), np.repeat([0.0, 1.0], 50))
    assert ends(np.array([0.0, 0.2, 0.8, 1.0])) == pytest.approx([0, 0, 1, 1])
    same = learn("isotonic", np.full(100, 0.4), np.repeat([0.0, 1.0], [75, 25]))
    assert same == Platt(0.0, pytest.approx(np.log(1 / 3)))


def squared(features: Any, labels: Any, _seed: int) -> Any:
    """Scores that rank well and come true badly: a line that is three times too steep."""
    one = LogisticRegression().fit(features.to_numpy(), labels.to_numpy().astype(int))
    one.coef_, one.intercept_ = one.coef_ * 3, one.intercept_ * 3
    return one


@pytest.mark.parametrize("method", METHODS)
def test_a_declared_correction_is_kept_where_it_helps(tmp_path: Path, method: Any) -> None:
    model = dataclasses.replace(candidates.MODEL, fit=squared, calibrate=method)
    card = train(model, RUN, candidates.material(1), tmp_path)
    assert card["recalibration"]["applied"] is True
    assert card["parity"]["greatest_difference"] < card["parity"]["allowed"]
    rows = held_out(model, candidates.material(2))
    chances = load(tmp_path).scores(rows.matrix(load(tmp_path)))
    assert calibration(rows.labels, chances, rows.days, 1).error < 0.02
    bare = train(dataclasses.replace(model, calibrate=""), RUN, candidates.material(1), tmp_path / "bare")
    assert bare["recalibration"] == {}
    without = load(tmp_path / "bare")
    assert score(rows.labels, chances).brier < score(rows.labels, without.scores(rows.matrix(without))).brier


def test_a_correction_of_what_was_true_last_season_is_left_out(tmp_path: Path) -> None:
    # In the rows that a correction is learned from more flights are late than in any before and after.
    world = candidates.world(1).with_row_index()
    odd = world["index"].is_between(int(0.7 * candidates.ROWS), int(0.85 * candidates.ROWS))
    late = world["late"] | (odd & (world["index"] % 3 == 0))
    changed = dataclasses.replace(candidates.material(1), rows=world.drop("index").with_columns(late=late))
    model = dataclasses.replace(candidates.MODEL, calibrate="platt")
    card = train(model, RUN, changed, tmp_path)
    assert card["recalibration"]["applied"] is False
    assert card["recalibration"]["with"]["brier"] > card["recalibration"]["without"]["brier"]
