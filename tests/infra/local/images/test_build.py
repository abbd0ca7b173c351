"""An environment is whole or not there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from infra.local.images import Image
from infra.local.images.build import build
from tidegate.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path


class Small(Image):
    """An image of one package."""

    @property
    def lock(self) -> Path:
        return self.kept / "requirements.lock"


@pytest.mark.system
def test_what_cannot_be_built_is_said_with_the_reason_and_does_not_count_as_built(tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text("six==1.17.0 --hash=sha256:" + "0" * 64)
    image = Small("small", ("small",), (), kept=tmp_path)
    with pytest.raises(Refused, match="could not be built") as refused:
        build(image, {**os.environ, "UV_FIND_LINKS": str(tmp_path), "UV_NO_INDEX": "1"})
    assert "tidegate images build small" in refused.value.next_step
    assert not image.built
    (tmp_path / "requirements.lock").write_text("# nothing\n")
    build(image, {**os.environ, "UV_FIND_LINKS": str(tmp_path), "UV_NO_INDEX": "1"})
    assert image.built
    assert image.python.exists()
