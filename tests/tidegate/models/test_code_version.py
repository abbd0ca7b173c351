"""New code is a new training; what only serves is not new code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tidegate.models import code_version as module
from tidegate.models.code_version import LEARNING, code_version

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A room of pipelines with two models."""
    import pipelines

    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"name = {name!r}\n")
    pipelines.__path__.append(str(tmp_path))
    yield tmp_path
    pipelines.__path__.remove(str(tmp_path))
    sys.modules.pop("pipelines.one", None)


def test_a_change_of_the_models_folder_is_new_code_and_one_of_another_is_not(folder: Path) -> None:
    before = code_version("one")
    (folder / "two" / "fit.py").write_text("x = 1\n")
    assert code_version("one") == before
    (folder / "one" / "fit.py").write_text("x = 1\n")
    assert code_version("one") != before


def test_other_packages_of_a_training_are_new_code(folder: Path) -> None:
    before = code_version("one")
    (folder / "one" / "requirements.lock").write_text("lightgbm==4.7.0\n")
    assert code_version("one") != before


def test_what_models_of_the_room_share_is_code_of_each(folder: Path) -> None:
    before = code_version("one")
    (folder / "_shared.py").write_text("x = 1\n")
    assert code_version("one") != before


def test_every_file_that_shapes_a_model_exists() -> None:
    assert all((Path(module.__file__).parent / name).exists() for name in LEARNING)
