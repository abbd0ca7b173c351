"""A file's freshness is judged by when it landed, whoever tells of it and however late."""

from __future__ import annotations

import time
from typing import Any

import pytest

from functions import validate
from tests.functions.world import Context, World, messages
from tidegate import aws
from tidegate.lake.announce import announce
from tidegate.lake.entry import State
from tidegate.lake.ledger import Ledger
from tidegate.lake.reconciliation import Reconciler
from tidegate.settings import Setting


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    validate.intake.cache_clear()


def landed_on(world: World, day: str) -> dict[str, Any]:
    event = world.put("rates/a.csv", b"day,rate\n2021-11-08,1.5\n2021-11-09,1.6\n")
    event["time"] = f"{day}T12:00:00Z"
    return event


@pytest.mark.parametrize(
    ("day", "state"), [("2021-11-11", State.VALIDATED), ("2021-11-12", State.QUARANTINED)]
)
def test_a_file_is_as_fresh_as_its_newest_row_was_when_it_landed(
    world: World, day: str, state: State
) -> None:
    event = landed_on(world, day)

    validate.handler(messages(event), Context())

    entry = world.entry(event)
    assert entry.state is state
    assert ("freshness: the newest day is" in entry.reason) is (state is State.QUARANTINED)


def test_a_file_whose_event_was_lost_is_judged_by_its_landing_and_not_by_its_finding(world: World) -> None:
    today = time.strftime("%Y-%m-%d", time.gmtime())
    event = world.put("rates/a.csv", f"day,rate\n{today},1.5\n".encode())
    Reconciler(
        s3=world.s3,
        landing_bucket=world.landing,
        ledger=Ledger(world.settings[Setting.LEDGER_TABLE], clock=lambda: time.time() + 3600),
        say=lambda facts: announce(aws.client("events"), world.settings[Setting.BUS], facts),
        time_left=lambda: 60,
    ).walk()
    (found,) = world.heard()
    found["time"] = "2099-01-01T00:00:00Z"

    validate.handler(messages(found), Context())

    assert world.entry(event).state is State.VALIDATED
