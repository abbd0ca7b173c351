"""What no event told of is found in the landing bucket, and what stands still is spoken of again."""

from __future__ import annotations

import time
from typing import Any

import pytest

from functions import publish, reconcile, validate
from tests.functions.world import Context, World, landed, messages
from tidegate import aws
from tidegate.lake import reconciliation
from tidegate.lake.announce import announce
from tidegate.lake.entry import State
from tidegate.lake.ledger import Ledger
from tidegate.lake.reconciliation import Reconciler
from tidegate.settings import Setting

TRIP = b"id,rider,price,day\n1,ann,1.5,2013-01-01\n"


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    validate.intake.cache_clear()


def walk(world: World, *, later: float = 3600, left: float = 60, page: int = 500) -> reconciliation.Found:
    """A walk, `later` seconds from now."""
    ledger = Ledger(world.settings[Setting.LEDGER_TABLE], clock=lambda: time.time() + later)
    bus = world.settings[Setting.BUS]
    return Reconciler(
        s3=world.s3,
        landing_bucket=world.landing,
        ledger=ledger,
        say=lambda facts: announce(aws.client("events"), bus, facts),
        time_left=lambda: left,
        page=page,
    ).walk()


def heard(world: World) -> list[str]:
    return [fact["detail-type"] for fact in world.heard()]


def test_each_version_that_no_event_told_of_is_said_to_have_landed_and_is_then_published(
    world: World,
) -> None:
    world.create_table("trips")
    events = [world.put("trips/a b+c.csv", TRIP), world.put("trips/a b+c.csv", TRIP.replace(b"1,", b"2,", 1))]

    found = walk(world)

    assert (found.seen, found.lost, found.finished) == (2, 2, True)
    validate.handler(messages(*world.heard()), Context())
    publish.handler(messages(*world.heard()), Context())
    assert {world.entry(event).state for event in events} == {State.PUBLISHED}
    assert walk(world) == reconciliation.Found(seen=2, lost=0, stuck=0, finished=True)


def test_an_object_that_landed_this_moment_is_left_to_its_event(world: World) -> None:
    world.put("trips/new.csv", TRIP)

    assert reconcile.handler({}, Context()) == {"seen": 1, "lost": 0, "stuck": 0, "finished": True}


def test_work_that_stopped_is_said_to_have_landed_again_once_its_lease_is_over(world: World) -> None:
    event = world.put("trips/a.csv", TRIP)
    world.ledger.claim(landed(event), seconds=600)

    assert walk(world, later=60).stuck == 0
    assert walk(world, later=3600).stuck == 1
    assert heard(world) == ["FileLanded"]


def test_a_file_that_waits_too_long_rings_again(world: World) -> None:
    validate.handler(messages(world.put("trips/a.csv", TRIP)), Context())
    assert heard(world) == ["FileValidated"]

    assert walk(world, later=60).stuck == 0
    assert walk(world, later=3600).stuck == 1
    assert heard(world) == ["FileValidated"]


def test_a_walk_that_runs_out_of_time_goes_on_from_there(world: World) -> None:
    for number in range(5):
        world.put(f"trips/{number}.csv", TRIP)

    walks: list[Any] = [walk(world, left=0, page=2) for _ in range(3)]

    assert [(found.seen, found.finished) for found in walks] == [(2, False), (2, False), (1, True)]
    keys = [fact["detail"]["key"] for fact in world.heard()]
    assert sorted(keys) == [f"trips/{number}.csv" for number in range(5)]
