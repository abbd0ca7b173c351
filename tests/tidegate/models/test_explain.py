"""A model card says what the model goes by: the features that matter, and which way they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.tidegate.models import candidates
from tidegate.models.evaluate import HeldOut, held_out
from tidegate.models.explain import curves, importances

if TYPE_CHECKING:
    from tidegate.models.onnx_model import OnnxModel


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> OnnxModel:
    return candidates.made(candidates.fitted(candidates.fit, tmp_path_factory.mktemp("model")))


@pytest.fixture(scope="module")
def rows() -> HeldOut:
    return held_out(candidates.MODEL, candidates.material(2))


def test_features_are_told_by_how_much_is_lost_without_them(model: OnnxModel, rows: HeldOut) -> None:
    found = importances(model, rows.matrix(model), rows.labels, 1)
    assert [one.feature for one in found][:2] == ["a", "b"]
    assert found[0].low > found[1].high > 0
    carrier = next(one for one in found if one.feature == "carrier")
    assert carrier.low < 0 < carrier.high or abs(carrier.loss) < 0.001


def test_a_curve_follows_the_truth(model: OnnxModel, rows: HeldOut) -> None:
    (curve,) = curves(model, rows.matrix(model), ["a"], 1)
    assert curve.values == sorted(curve.values)
    assert curve.chances == sorted(curve.chances)
    assert curve.chances[-1] - curve.chances[0] > 0.5


def test_a_feature_that_is_never_there_has_an_empty_curve(model: OnnxModel, rows: HeldOut) -> None:
    matrix = rows.matrix(model).copy()
    matrix[:, 0] = np.nan
    assert curves(model, matrix, ["a"], 1)[0].values == []


def test_the_same_seed_tells_the_same(model: OnnxModel, rows: HeldOut) -> None:
    matrix = rows.matrix(model)
    assert importances(model, matrix, rows.labels, 5) == importances(model, matrix, rows.labels, 5)
