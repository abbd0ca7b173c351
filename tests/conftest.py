"""What every test may ask for: a local cloud, and a small environment in it; and which tests run together."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from tests import clouds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.cloud import LocalCloud
    from tests.functions.world import World


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """One local cloud for the whole run, empty at first; the environment points at it."""
    with clouds.running("cloud", tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture
def world(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A small environment of this test alone, named by the settings that the functions read."""
    from tests.functions.world import World, rooms

    made = World(f"t-{uuid.uuid4().hex[:8]}")
    for setting, value in made.settings.items():
        monkeypatch.setenv(setting.value, value)
    with rooms():
        made.make()
        yield made


SYSTEMS = {"cloud", "guarded", "lake", "sage", "own_sage", "state", "synthesis", "place", "templates"}
STARTERS = {"subprocess", "checkout", "synthesis"}  # a module that imports one of these starts processes
TOGETHER = ("place", "synthesis", "lake", "guarded")  # costly to make: only one process makes each


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs a whole system, and what must share a process; the longest go first."""
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        if asked & SYSTEMS or STARTERS & vars(getattr(item, "module", item)).keys():
            item.add_marker("system")
        shared = next((name for name in TOGETHER if name in asked), None)
        item.add_marker(pytest.mark.xdist_group(shared or item.path.stem + item.path.parent.name))
    items.sort(key=lambda item: "place" not in getattr(item, "fixturenames", ()))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Several clouds may run in one session; each test meets its own."""
    clouds.point_at(getattr(item, "fixturenames", ()))
