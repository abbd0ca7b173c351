"""A folder that cannot be read as a model is named, with what to do; none is passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tidegate import find
from tidegate.errors import ContractMistake

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Path]:
    """A second room of models, looked through anew."""
    import pipelines

    pipelines.__path__.append(str(tmp_path))
    find.models.cache_clear()
    yield tmp_path
    pipelines.__path__.remove(str(tmp_path))
    find.models.cache_clear()


def test_a_model_that_imports_its_framework_for_everybody_is_told_to_do_so_within_fit(room: Path) -> None:
    (room / "deep").mkdir()
    (room / "deep" / "__init__.py").write_text("import jax\n")
    with pytest.raises(ContractMistake, match=r"it imports jax.*within fit\(\)"):
        find.models()


def test_a_folder_without_a_model_is_named(room: Path) -> None:
    (room / "empty").mkdir()
    (room / "empty" / "__init__.py").write_text("")
    with pytest.raises(ContractMistake, match="declares no Model called 'empty'"):
        find.models()
