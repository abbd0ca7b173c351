"""A function that has just started checks its first file without pandera, and with it where it must."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from tests.benchmarks.ingest.cold_start import codes, one_start
from tests.functions.world import World

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.usefixtures("cloud")
def test_only_contracts_that_are_made_from_schema_files_need_pandera(tmp_path: Path) -> None:
    world = World(f"t-{uuid.uuid4().hex[:8]}")
    world.make()
    started = {name: one_start(world, code, {}) for name, code in codes(tmp_path).items()}
    assert {name: one["pandera"] for name, one in started.items()} == {
        "beside the code": False,
        "from `schemas/`": True,
    }
