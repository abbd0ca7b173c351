"""Whoever dies at any call, and whoever is faster: each key is published once, and every row is somewhere."""

from __future__ import annotations

import itertools
import random
import threading
from collections import Counter
from typing import Any

import pytest

from functions import publish, transform, validate
from tests.functions.test_crashes import Crash, flow
from tests.functions.world import Context, World, landed, messages
from tidegate.lake.entry import State

# A killed call leaves its connection open, as a killed process does.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
STRIDE = 5  # the fast suite kills every fifth call; with 1 it kills each
HEADER = {"tickets": "holder,number,zone", "scans": "code,at"}


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    validate.intake.cache_clear()
    transform.step.cache_clear()


def rows(dataset: str, *keys: int) -> bytes:
    ending = ",," if dataset == "tickets" else ","
    each = [f"a{ending[:1]}{key}{ending[1:]}" for key in keys]
    return "\n".join([HEADER[dataset], *each, ""]).encode()


@pytest.mark.parametrize(
    ("dataset", "when", "first"),
    [("tickets", "before", 1), ("tickets", "after", 3), ("scans", "before", 4), ("scans", "after", 2)],
)
def test_a_death_at_any_call_publishes_each_key_once(
    world: World, dataset: str, when: str, first: int
) -> None:
    for name in ("tickets", "zones", "scans"):
        world.create_table(name)
    flow(world, world.put(f"{dataset}/first.csv", rows(dataset, 1)))
    numbers = []
    for number in itertools.count(first, STRIDE):
        key = 10 * number
        event = world.put(f"{dataset}/{number}.csv", rows(dataset, 1, key, key + 1))
        with Crash(number, when) as crash:
            deaths = flow(world, event)
        entry = world.entry(event)
        numbers += [key, key + 1]
        assert (entry.state, entry.good_rows, entry.bad_rows) == (State.PARTLY_PUBLISHED, 2, 1), number
        assert deaths == crash.done, number
        if not deaths:
            break

    column = "number" if dataset == "tickets" else "at"
    assert sorted(world.rows(dataset)[column].to_list()) == [1, *numbers]
    assert len(numbers) > 2 * 25 / STRIDE


@pytest.mark.seeds(20)
@pytest.mark.parametrize("dataset", ["tickets", "scans"])
def test_two_workers_at_once_publish_each_key_once_and_lose_none(
    world: World, dataset: str, seed: int
) -> None:
    for name in ("tickets", "zones", "scans"):
        world.create_table(name)
    chance = random.Random(seed)
    files = [[chance.randrange(60) for _ in range(20)] for _ in range(8)]
    events = [world.put(f"{dataset}/{number}.csv", rows(dataset, *keys)) for number, keys in enumerate(files)]

    at_once(world, validate.intake.__wrapped__, "validate", [landed(event) for event in events])
    facts = world.heard()
    if dataset == "scans":
        ids = [fact["detail"]["object_id"] for fact in facts if fact["detail-type"] == "FileValidated"]
        at_once(world, transform.step.__wrapped__, "transform", ids)
        facts = world.heard()
    rings = [fact for fact in facts if fact["detail-type"] in ("FileValidated", "FileTransformed")]
    for ring in rings:
        publish.handler(messages(ring), Context())

    column = "number" if dataset == "tickets" else "at"
    published = world.rows(dataset)
    counted = Counter(published[column].to_list())
    alone = [Counter(keys) for keys in files]  # a key that stands twice in its file is bad there
    wanted = {key for keys in alone for key, count in keys.items() if count == 1}
    assert counted == Counter(dict.fromkeys(wanted, 1))
    for event, keys in zip(events, files, strict=True):
        entry = world.entry(event)
        assert entry.total_rows == len(keys)
        mine = published.filter(published["_object_id"] == entry.object_id)
        assert mine.height == (entry.good_rows if entry.state is not State.QUARANTINED else 0)


def at_once(world: World, make: Any, verb: str, work: list[Any]) -> None:
    """Two workers, each a process of its own as far as it knows, and no order among them."""
    failed: list[BaseException] = []

    def run(mine: list[Any]) -> None:
        worker = make()
        try:
            for one in mine:
                getattr(worker, verb)(one, 60)
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=run, args=(work[start::2],)) for start in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
