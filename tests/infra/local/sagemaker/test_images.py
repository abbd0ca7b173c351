"""Images and the programs that stand for them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from infra.local.images import BY_REPOSITORY, IMAGES, MLFLOW
from infra.local.images.own import OwnEnvironment
from infra.local.sagemaker.faults import ApiError
from infra.local.sagemaker.images import OURS, Images

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

XGBOOST = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.0-5"


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
        Images().program("huggingface-pytorch-training:2")


@pytest.fixture
def trees(tmp_path: Path) -> Iterator[OwnEnvironment]:
    """The environment of a model called `trees`, which is not built."""
    import pipelines

    lock = tmp_path / "trees" / "requirements.lock"
    lock.parent.mkdir()
    lock.write_text(f"# of {tmp_path}\nlightgbm==4.7.0\n")
    pipelines.__path__.append(str(tmp_path))
    yield OwnEnvironment("trees", lock.parent)
    pipelines.__path__.remove(str(tmp_path))


@pytest.fixture
def images(tmp_path: Path) -> Images:
    """Images of which none is built."""
    return Images(aws={name: replace(image, kept=tmp_path) for name, image in BY_REPOSITORY.items()})


def test_an_image_of_awss_is_refused_until_its_environment_is_built(images: Images) -> None:
    with pytest.raises(ApiError, match="tidegate images build xgboost"):
        images.program(XGBOOST)
    home = images.aws["sagemaker-xgboost"].home
    home.mkdir(parents=True)
    (home / "complete").touch()
    assert images.program(XGBOOST)[0] == str(home / "bin" / "python")
    assert home.name in images.remark(XGBOOST)


def test_a_container_of_awss_image_sees_its_own_packages_and_not_this_checkouts(
    images: Images, tmp_path: Path
) -> None:
    brought = images.surroundings(XGBOOST, tmp_path)
    assert brought["PATH"].startswith(str(images.aws["sagemaker-xgboost"].python.parent))
    assert brought["PYTHONPATH"] == brought["PIP_TARGET"] == str(tmp_path / "packages")
    assert images.surroundings("tidegate-models:1", tmp_path) == {}


def test_a_model_with_an_environment_of_its_own_is_refused_until_it_is_built(
    trees: OwnEnvironment,
) -> None:
    uri = "000000000000.dkr.ecr.eu-west-1.amazonaws.com/tidegate-laptop-models:trees-a890731dd1b1cf23"
    with pytest.raises(ApiError, match="tidegate images build trees"):
        Images().program(uri)
    trees.home.mkdir(parents=True)
    try:
        (trees.home / "complete").touch()
        assert Images().program(uri) == (str(trees.python), "-m", "tidegate.models.container")
        assert trees.home.name in Images().remark(uri)
    finally:
        shutil.rmtree(trees.home)
    assert Images().program(uri.replace("trees-", "")) == OURS
    assert Images().program(uri.replace("trees", "flight_delay")) == OURS


def test_tensorflow_serving_is_refused_by_name(images: Images) -> None:
    with pytest.raises(ApiError, match="tensorflow-inference does is not implemented") as refused:
        images.program("763104351884.dkr.ecr.eu-west-1.amazonaws.com/tensorflow-inference:2.20-cpu")
    assert refused.value.status == 501


def test_every_lock_pins_each_package_by_its_hash_and_tells_how_it_was_made() -> None:
    for image in (*IMAGES, MLFLOW):
        first, *lines = image.lock.read_text().splitlines()
        assert first.startswith("# Every package and its hashes. Made by: ")
        names = [line for line in lines if line and not line.startswith(" ")]
        assert all("==" in name and name.endswith("\\") for name in names)
