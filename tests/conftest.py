"""What every test may ask for: a local cloud, and a small environment in it; and which tests run together."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

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
# Folders whose tests share what is costly to make, and must not make it twice at the same time.
TOGETHER = {
    "tests/journeys": "templates",
    "tests/journeys/privilege": "templates",
    "tests/infra": "templates",
    "tests/infra/local/athena": "athena",
    "tests/infra/local/iam": "iam",
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs a whole system; the journeys, which take longest, go first."""
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        if asked & SYSTEMS or STARTERS & vars(getattr(item, "module", item)).keys():
            item.add_marker("system")
    items.sort(key=lambda item: "place" not in getattr(item, "fixturenames", ()))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `-n`, a file's tests stay in one process, and so do those of TOGETHER."""
    from xdist.scheduler import LoadScopeScheduling

    class ByRoom(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.partition("::")[0]
            return TOGETHER.get(path.rpartition("/")[0], path)

    return ByRoom(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Several clouds may run in one session; each test meets its own."""
    clouds.point_at(getattr(item, "fixturenames", ()))
