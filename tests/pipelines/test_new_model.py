"""What `tidegate model new` writes is trained on real flights, passes the gate and answers."""

from __future__ import annotations

import polars as pl
import pytest

from tests.pipelines import real
from tests.pipelines.new_model import NewModel, answers_to_a_flight
from tidegate.models.gating import reasons_against

HERE = (
    "sklearn",
    "lightgbm",
)  # small enough to be in everybody's environment; tests/frameworks has the others


@pytest.fixture(scope="module", params=HERE)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> NewModel:
    asked = ("--of", "flights", "--target", "dep_delay")
    made = NewModel.written(tmp_path_factory.mktemp(request.param), request.param, *asked)
    made.snapshot({"flights": real.flights().with_columns(_object_id=pl.lit("a" * 32))})
    return made


def test_it_is_trained_to_the_same_bytes_passes_the_gate_and_answers(model: NewModel) -> None:
    card = model.train(PYTHONHASHSEED="1")
    assert card["parity"]["greatest_difference"] <= 1e-5
    assert model.train(PYTHONHASHSEED="2")["sha256"] == card["sha256"]
    assert reasons_against(model.evaluate()) == []
    assert answers_to_a_flight(model)
