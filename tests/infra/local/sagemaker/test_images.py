"""Images and the programs that stand for them."""

from __future__ import annotations

import pytest

from infra.local.sagemaker.faults import ApiError
from infra.local.sagemaker.images import OURS, Images


@pytest.mark.parametrize(
    "uri",
    [
        "tidegate-models",
        "000000000000.dkr.ecr.eu-west-1.amazonaws.com/tidegate-laptop-models:a890731dd1b1cf23",
        "000000000000.dkr.ecr.eu-west-1.amazonaws.com/tidegate-models:v7",
        "localhost:5000/team/tidegate-models@sha256:abc",
    ],
)
def test_our_image_is_this_checkouts_container_program(uri: str) -> None:
    assert Images().program(uri) == OURS


def test_the_environment_names_further_programs() -> None:
    images = Images.read({"TIDEGATE_LOCAL_IMAGES": '{"mine": ["python3", "mine.py"]}'})
    assert images.program("mine:1") == ("python3", "mine.py")
    assert images.program("tidegate-models:1") == OURS


def test_any_other_image_is_refused_with_what_to_do() -> None:
    with pytest.raises(ApiError, match="TIDEGATE_LOCAL_IMAGES"):
        Images().program("sagemaker-xgboost:3")
