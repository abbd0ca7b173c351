"""A function that dies before or after any of its calls is healed by its message coming again."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from functions import publish, transform, validate
from tests.functions.world import Context, World, messages
from tidegate import aws
from tidegate.lake.entry import State

GOOD_AND_BAD = {
    "trips": b"id,rider,price,day\n1,ann,2.5,2013-01-01\n3,bo,4,2013-02-01\n0,eve,-1,2013-01-01\n",
    "readings": b"station,day,hour,tenths\nJFK,2013-01-01,5,101\nJFK,2013-01-01,6,900\n"
    b"LGA,2013-01-02,99,-3\n",
}
# A killed call leaves its connection open, as a killed process does.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
STRIDE = 3  # every third call is killed, and each of them in the full tier
ENDS = {"trips": (2, 1), "readings": (1, 2)}
FOLLOWS = {"FileTransformed": publish, "FileLanded": validate, "ReplayRequested": validate}


class Died(BaseException):
    """The process is gone: no `except Exception` sees it."""


class Crash:
    """Kills the process at its n-th call to AWS, before it is sent or with its answer lost."""

    def __init__(self, at: int, when: str, clients: list[Any] | None = None) -> None:
        self.left, self.hook, self.done = at, {"before": "before-send", "after": "after-call"}[when], False
        self.clients = clients or [
            aws.client("s3"),
            aws.client("dynamodb"),
            aws.client("events"),
            aws.client("glue", retries=0),
        ]

    def __enter__(self) -> Crash:
        for client in self.clients:
            client.meta.events.register(self.hook, self._count)
        return self

    def __exit__(self, *_: object) -> None:
        for client in self.clients:
            client.meta.events.unregister(self.hook, self._count)

    def _count(self, **_: Any) -> None:
        self.left -= 1
        if self.left == 0:
            self.done = True
            raise Died


def flow(world: World, event: dict[str, Any]) -> int:
    """Deliver until nothing is left to deliver; a delivery that dies is made again."""
    queue, deaths = [event], 0
    while queue:
        told = queue.pop(0)
        kind = told["detail-type"]
        function: Any = FOLLOWS.get(kind, validate if kind == "Object Created" else None)
        if kind == "FileValidated":
            function = transform if told["detail"]["needs_transform"] else publish
        if function is None:
            continue
        try:
            # a lease that is over at once: the dead do not come back for it
            function.handler(messages(told), Context(seconds=-6))
        except Died:
            deaths += 1
            queue.append(told)
        queue.extend(world.heard())
    return deaths


@pytest.mark.parametrize(
    ("dataset", "when", "first"),
    [("trips", "before", 1), ("trips", "after", 2), ("readings", "before", 3), ("readings", "after", 1)],
)
def test_a_death_at_any_call_changes_nothing_in_the_end(
    world: World, dataset: str, when: str, first: int, full: bool
) -> None:
    world.create_table(dataset)
    validate.intake.cache_clear()
    transform.step.cache_clear()
    good, bad = ENDS[dataset]
    landed = []
    first, stride = (1, 1) if full else (first, STRIDE)
    for number in itertools.count(first, stride):
        event = world.put(f"{dataset}/{number}.csv", GOOD_AND_BAD[dataset])
        with Crash(number, when) as crash:
            deaths = flow(world, event)
        entry = world.entry(event)
        landed.append(entry.object_id)
        assert (entry.state, entry.good_rows, entry.bad_rows) == (State.PARTLY_PUBLISHED, good, bad), number
        assert deaths == crash.done, number
        if not deaths:
            break

    assert len(landed) > 20 / stride
    published = world.rows(dataset)["_object_id"].value_counts().rows()
    assert sorted(published) == sorted((object_id, good) for object_id in landed)
    kept = world.s3.list_objects_v2(Bucket=world.quarantine, Prefix="rows/")["KeyCount"]
    assert kept == len(landed) * (8 if dataset == "readings" else 4)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_death_at_any_call_leaves_no_file_refused_without_its_evidence(world: World, when: str) -> None:
    validate.intake.cache_clear()
    for number in itertools.count(1):
        event = world.put(f"trips/{number}.csv", b"no,such,header\n")
        with Crash(number, when) as crash:
            deaths = flow(world, event)
        entry = world.entry(event)
        assert entry.state is State.QUARANTINED, number
        kept = world.s3.list_objects_v2(Bucket=world.quarantine, Prefix=f"files/trips/{entry.object_id}")
        assert kept["KeyCount"] == 3, number  # the original, the report, and its page
        assert deaths == crash.done, number
        if not deaths:
            break
    assert number > 5
