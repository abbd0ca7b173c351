"""The SDK's own classes, as their users call them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.sagemaker_sdk


def test_a_model_trainer_trains_a_local_folder_and_an_endpoint_of_its_model_answers(
    sdk: Callable[..., Any], image: Callable[[str], None]
) -> None:
    image("scikit-learn")
    said = sdk("journey.py")
    assert said["status"] == "Completed"
    assert said["artifacts"].endswith(f"/{said['job']}/output/model.tar.gz")
    assert said["metrics"] == {"accuracy": 1.0}
    assert said["steps"] == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert said["answer"] == [1.0, 0.0]


def test_a_processor_runs_a_local_script(sdk: Callable[..., Any], image: Callable[[str], None]) -> None:
    image("scikit-learn")
    assert sdk("processing.py") == {"status": "Completed", "said": "QUIET WORDS!"}


def test_a_tuner_finds_a_model_and_a_transformer_asks_it(
    sdk: Callable[..., Any], image: Callable[[str], None]
) -> None:
    image("scikit-learn")
    said = sdk("tuning.py")
    assert said["status"] == "Completed"
    assert 0.01 <= said["tuned"] <= 10
    assert said["answers"] == [1.0, 0.0]
