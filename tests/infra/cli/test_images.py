"""`tidegate images` says what runs here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from infra.cli.main import main
from infra.local.images import IMAGES, MLFLOW

if TYPE_CHECKING:
    import pytest


def test_every_image_is_listed_with_its_repositories_and_whether_it_is_built(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["images", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert {one["name"]: one["repositories"] for one in said} == {
        image.name: list(image.repositories) for image in (*IMAGES, MLFLOW)
    }
    assert all((one["megabytes"] is not None) == one["built"] for one in said)


def test_an_unknown_image_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["images", "build", "cobol", "--json"]) == 3
    assert "scikit-learn, xgboost" in json.loads(capsys.readouterr().out)["error"]["next_step"]
