"""What is no model of this code is refused before it answers anybody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from tests.pipelines import real
from tidegate import find
from tidegate.errors import Refused
from tidegate.models.onnx_model import OnnxModel
from tidegate.models.soundness import (
    refuse_other_features,
    refuse_other_files,
    refuse_other_model,
)

if TYPE_CHECKING:
    from pathlib import Path

MODEL = find.model("flight_delay")
COLUMNS = {"a": "number"}


def onnx(*features: str) -> OnnxModel:
    card: dict[str, Any] = {"features": features, "columns": COLUMNS, "lookups": {}}
    return OnnxModel(card, None)


def test_a_file_beside_the_graph_and_its_card_is_refused(tmp_path: Path) -> None:
    for name in ("model.onnx", "model.json"):
        (tmp_path / name).touch()
    refuse_other_files(tmp_path)
    (tmp_path / "model.pkl").touch()
    with pytest.raises(Refused, match=r"it holds model\.pkl beside"):
        refuse_other_files(tmp_path)


def test_another_models_archive_is_refused() -> None:
    other = OnnxModel({"model": "flight_delay"}, None)
    refuse_other_model(other, "flight_delay")
    with pytest.raises(Refused, match="model fares: its archive holds flight_delay"):
        refuse_other_model(other, "fares")


def test_features_that_the_code_does_not_make_are_refused() -> None:
    model = replace(MODEL, features=lambda rows, _: rows.select(twice=pl.col("a") * 2))
    refuse_other_features(model, onnx("twice"))
    with pytest.raises(Refused, match="it takes thrice, which this model's code does not make"):
        refuse_other_features(model, onnx("twice", "thrice"))


def test_code_that_cannot_do_without_rows_is_not_compared() -> None:
    model = replace(MODEL, features=lambda rows, _: pl.DataFrame({"first": [rows.row(0)[0]]}))
    refuse_other_features(model, onnx("anything"))


def test_flight_delay_makes_its_features_of_no_rows_too() -> None:
    request = find.dataset(MODEL.request)
    rows = real.flights().select(request.known_by(MODEL.known_by)).head(0)
    lookups = {name: frame.head(0) for name, frame in real.lookups().items()}
    assert "minute_of_day" in MODEL.features(rows, lookups).columns
