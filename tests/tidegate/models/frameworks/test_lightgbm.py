"""LightGBM's trees say as ONNX what they say themselves, also of what is missing, however they were grown."""

from __future__ import annotations

import lightgbm
import numpy as np
import polars as pl
import pytest

from tidegate.models.export import parity, to_onnx

QUIET = {"verbosity": -1, "num_threads": 1, "min_data_in_leaf": 5}


@pytest.fixture(scope="module")
def rows() -> tuple[pl.DataFrame, np.ndarray]:
    """Rows of which one in five values is missing."""
    generator = np.random.default_rng(1)
    matrix = generator.normal(size=(600, 3)).astype(np.float32)
    labels = (matrix[:, 0] * matrix[:, 1] > 0).astype(int)
    matrix[generator.random(matrix.shape) < 0.2] = np.nan
    return pl.DataFrame(matrix, schema=["a", "b", "c"]), labels


def test_a_classifier_and_a_booster_are_exported_with_parity(rows: tuple[pl.DataFrame, np.ndarray]) -> None:
    features, labels = rows
    matrix = features.to_numpy()
    classifier = lightgbm.LGBMClassifier(n_estimators=30, **QUIET).fit(matrix, labels)
    booster = lightgbm.train({**QUIET, "objective": "binary"}, lightgbm.Dataset(matrix, labels), 30)
    for fitted in (classifier, booster):
        assert parity(fitted, to_onnx(fitted, 3), features)["greatest_difference"] < 1e-6


def test_the_same_trees_are_the_same_bytes(rows: tuple[pl.DataFrame, np.ndarray]) -> None:
    features, labels = rows
    fitted = lightgbm.LGBMClassifier(n_estimators=5, **QUIET).fit(features.to_numpy(), labels)
    assert to_onnx(fitted, 3) == to_onnx(fitted, 3)
