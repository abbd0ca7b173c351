"""What `fit` returned becomes ONNX that says the same, or is refused with a word on what to return."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from tidegate.errors import Refused
from tidegate.models.export import chances_of, parity, to_onnx


@pytest.fixture(scope="module")
def rows() -> tuple[pl.DataFrame, np.ndarray]:
    generator = np.random.default_rng(1)
    matrix = generator.normal(size=(500, 3)).astype(np.float32)
    labels = (matrix[:, 0] + generator.normal(size=500) > 0).astype(int)
    return pl.DataFrame(matrix, schema=["a", "b", "c"]), labels


def test_an_estimator_and_its_graph_say_the_same(rows: tuple[pl.DataFrame, np.ndarray]) -> None:
    features, labels = rows
    fitted = HistGradientBoostingClassifier(max_iter=20, random_state=1).fit(features.to_numpy(), labels)
    told = parity(fitted, to_onnx(fitted, 3), features)
    assert told["greatest_difference"] < told["allowed"]
    assert told["rows"] == 503


def test_a_pipeline_is_told_by_the_package_of_its_class(rows: tuple[pl.DataFrame, np.ndarray]) -> None:
    features, labels = rows

    class Ours(LogisticRegression):
        """An estimator of the user's own, derived from one of scikit-learn."""

    fitted = Pipeline([("only", Ours())]).fit(features.to_numpy(), labels)
    assert chances_of(fitted, features).shape == (500,)
    assert chances_of(fitted.named_steps["only"], features).shape == (500,)


def test_the_graph_of_another_estimator_is_no_parity(rows: tuple[pl.DataFrame, np.ndarray]) -> None:
    features, labels = rows
    one = LogisticRegression().fit(features.to_numpy(), labels)
    other = LogisticRegression().fit(features.to_numpy(), 1 - labels)
    with pytest.raises(Refused, match="differs from the fitted estimator"):
        parity(one, to_onnx(other, 3), features)


def test_what_no_framework_made_is_refused_by_its_name() -> None:
    with pytest.raises(Refused, match=r"builtins\.dict"):
        to_onnx({}, 3)
