"""A small environment of its own for each test, with the datasets of `rooms/`."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.functions.world import World, rooms

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def world(cloud: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Buckets, ledger, database and bus, named by the settings that the functions read."""
    made = World(f"t-{uuid.uuid4().hex[:8]}")
    for setting, value in made.settings.items():
        monkeypatch.setenv(setting.value, value)
    with rooms():
        made.make()
        yield made
