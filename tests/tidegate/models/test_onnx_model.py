"""A model file that is not the one its card was written for is never loaded."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression

from tidegate.errors import Refused
from tidegate.models import onnx_model
from tidegate.models.export import parity, to_onnx
from tidegate.models.onnx_model import load

if TYPE_CHECKING:
    from pathlib import Path

MATRIX = np.random.default_rng(1).normal(size=(100, 2)).astype(np.float32)
FITTED = LogisticRegression().fit(MATRIX, MATRIX[:, 0] > 0)
CONTENT = to_onnx(FITTED, 2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model.onnx").write_bytes(CONTENT)
    write_card(tmp_path)
    return tmp_path


def write_card(folder: Path, **changes: object) -> None:
    card = {"model": "m", "sha256": sha256(CONTENT).hexdigest(), "features": ["a", "b"], **changes}
    (folder / "model.json").write_text(json.dumps(card))


def test_a_model_scores_as_the_estimator_that_it_was_made_of(folder: Path) -> None:
    assert np.allclose(load(folder).scores(MATRIX), FITTED.predict_proba(MATRIX)[:, 1], atol=1e-6)


def test_an_exchanged_model_is_refused_by_its_hash(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(CONTENT + b" ")
    with pytest.raises(Refused, match="SHA-256"):
        load(folder)


def test_a_model_and_card_that_were_exchanged_together_are_refused_by_the_registrys_hash(
    folder: Path,
) -> None:
    registered = sha256(CONTENT).hexdigest()
    (folder / "model.onnx").write_bytes(CONTENT + b" ")
    write_card(folder, sha256=sha256(CONTENT + b" ").hexdigest())
    with pytest.raises(Refused, match="while the registry names"):
        load(folder, registered)


@pytest.mark.parametrize("card", [b"", b"[]", b"{}", b'{"model": 1, "sha256": "x", "features": []}', b"\xff"])
def test_what_is_no_card_is_refused(folder: Path, card: bytes) -> None:
    (folder / "model.json").write_bytes(card)
    with pytest.raises(Refused, match="no model card"):
        load(folder)


def test_a_card_with_other_features_than_the_model_takes_is_refused(folder: Path) -> None:
    write_card(folder, features=["a", "b", "c"])
    with pytest.raises(Refused, match="takes 2 features"):
        load(folder)


def test_a_missing_or_too_large_file_is_refused(folder: Path) -> None:
    with (folder / "model.onnx").open("r+b") as sparse:
        sparse.truncate(onnx_model.LARGEST_ONNX + 1)
    with pytest.raises(Refused, match="bytes"):
        load(folder)
    (folder / "model.onnx").unlink()
    with pytest.raises(Refused, match="no such file"):
        load(folder)


def test_an_export_that_says_something_else_than_the_estimator_is_refused() -> None:
    other = LogisticRegression().fit(MATRIX, MATRIX[:, 1] > 0)
    frame = pl.DataFrame(MATRIX, schema=["a", "b"])
    assert parity(FITTED, CONTENT, frame.tail(5))["rows"] == 8
    with pytest.raises(Refused, match="differs from the fitted estimator"):
        parity(other, CONTENT, frame)
