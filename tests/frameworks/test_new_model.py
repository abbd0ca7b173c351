"""What `tidegate model new` writes is trained in an environment of its own, and served without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from tests.pipelines import real
from tests.pipelines.new_model import NewModel, answers_to_a_flight
from tidegate.models.gating import reasons_against

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.frameworks
FRAMEWORKS = ("lightgbm", "pytorch", "keras")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_it_is_trained_to_the_same_bytes_passes_the_gate_and_answers(
    framework: str, python_of: Callable[[str], str], tmp_path: Path
) -> None:
    model = NewModel.written(tmp_path, framework, "--of", "flights", "--target", "dep_delay")
    model.snapshot({"flights": real.flights().with_columns(_object_id=pl.lit("a" * 32))})
    python = python_of(framework)
    card = model.train(python, PYTHONHASHSEED="1")
    assert card["parity"]["greatest_difference"] <= 1e-5
    assert model.train(python, PYTHONHASHSEED="2")["sha256"] == card["sha256"]
    assert reasons_against(model.evaluate()) == []
    assert answers_to_a_flight(model)
