"""What every test may ask for: a local cloud, a small environment in it, how much is to be proved; and which
tests run together.
"""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests import clouds

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # two test processes, two threads each, two processors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from infra.local.cloud import LocalCloud
    from tests.functions.world import World


def pytest_addoption(parser: pytest.Parser) -> None:
    """The tier, and the seed to replay."""
    parser.addoption("--full", action="store_true", help="the figures of the guarantees, not a tenth of them")
    parser.addoption("--seed", type=int, help="with this seed alone, where a test has seeds")


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    """Whether the figures of the guarantees are to be proved in full."""
    return bool(request.config.getoption("--full"))


@pytest.fixture(scope="session")
def figure(full: bool) -> Callable[[int], int]:
    """A figure of the guarantees in this tier: all of it with `--full`, a tenth otherwise."""
    return lambda whole: whole if full else -(-whole // 10)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `seed` runs once for each of its `@pytest.mark.seeds(how_many_in_full)`."""
    if "seed" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("seeds")
    whole = marker.args[0] if marker else 10
    chosen = metafunc.config.getoption("--seed")
    seeds = range(whole if metafunc.config.getoption("--full") else -(-whole // 10))
    metafunc.parametrize("seed", seeds if chosen is None else [chosen], ids=lambda seed: f"seed{seed}")


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


SYSTEMS = {
    "redriven",
    "shadowing",
    "fronted",
    "cloud",
    "guarded",
    "lake",
    "sage",
    "sdk_cloud",
    "own_sage",
    "state",
    "synthesis",
    "place",
    "templates",
}
STARTERS = {
    "subprocess",
    "checkout",
    "synthesis",
    "NewModel",
}  # a module that imports one of these starts processes
# Folders whose tests share what is costly to make, and must not make it twice at the same time.
TOGETHER = {
    "tests/journeys": "templates",
    "tests/journeys/closed_loop": "loop",
    "tests/journeys/serverless": "front",
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
