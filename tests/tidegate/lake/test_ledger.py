"""The ledger lets one worker at a time have an object, and believes only the one who holds it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tidegate.errors import LeaseHeld, NotFound
from tidegate.lake.entry import End, Entry, State
from tidegate.lake.landed import LandedObject
from tidegate.lake.lease import Intent, TableLease
from tidegate.lake.ledger import Ledger
from tidegate.settings import Setting

if TYPE_CHECKING:
    from tests.functions.world import World


def landed(name: str = "a") -> LandedObject:
    return LandedObject(
        bucket="b",
        key=f"trips/{name}.csv",
        version_id=name,
        etag="e",
        size=3,
        landed_at="2026-01-01T00:00:00Z",
    )


def later(world: World, seconds: float) -> Ledger:
    return Ledger(world.settings[Setting.LEDGER_TABLE], clock=lambda: time.time() + seconds)


def test_a_claim_is_one_workers_until_its_lease_ends(world: World) -> None:
    first = world.ledger.claim(landed(), 60)

    with pytest.raises(LeaseHeld):
        world.ledger.claim(landed(), 60)
    second = later(world, 61).claim(landed(), 60)
    assert (first.attempts, second.attempts) == (1, 2)


def test_a_mark_of_one_who_slept_through_his_lease_is_refused(world: World) -> None:
    slept = world.ledger.claim(landed(), 60)
    other = later(world, 61).claim(landed(), 60)
    world.ledger.mark(other, State.QUARANTINED, reason="bad")

    with pytest.raises(LeaseHeld):
        world.ledger.mark(slept, State.VALIDATED, waiting_for="trips")
    assert world.ledger.get(slept.object_id).state is State.QUARANTINED


@pytest.mark.parametrize("call", ["PutItem", "UpdateItem"])
def test_a_claim_whose_answer_was_lost_on_its_way_is_no_other_workers(world: World, call: str) -> None:
    ledger = Ledger(world.settings[Setting.LEDGER_TABLE], boto3.client("dynamodb"))
    if call == "UpdateItem":
        ledger.release(world.ledger.claim(landed(), 60))
    asked_twice = asks_twice(ledger.client, call)

    mine = ledger.claim(landed(), 60)

    assert asked_twice == [0.0]
    assert mine.state is State.CLAIMED
    with pytest.raises(LeaseHeld):
        world.ledger.claim(landed(), 60)


def test_a_mark_whose_answer_was_lost_on_its_way_stands(world: World) -> None:
    ledger = Ledger(world.settings[Setting.LEDGER_TABLE], boto3.client("dynamodb"))
    mine = ledger.claim(landed(), 60)
    asked_twice = asks_twice(ledger.client, "UpdateItem")

    ledger.mark(mine, State.QUARANTINED, reason="bad")

    assert asked_twice == [0.0]
    assert ledger.get(mine.object_id).state is State.QUARANTINED


def asks_twice(client: Any, call: str) -> list[float]:
    """Have the client send its next request of that kind twice, as it does when no answer comes in time."""
    waits: list[float] = []

    def once(**_: Any) -> float | None:
        if waits:
            return None
        waits.append(0.0)
        return 0.0

    client.meta.events.register_first(f"needs-retry.dynamodb.{call}", once)
    return waits


def test_a_released_claim_can_be_taken_at_once(world: World) -> None:
    world.ledger.release(world.ledger.claim(landed(), 60))

    assert world.ledger.claim(landed(), 60).attempts == 2


def test_what_is_done_is_returned_as_it_stands(world: World) -> None:
    done = world.ledger.mark(world.ledger.claim(landed(), 60), State.QUARANTINED, reason="bad")

    assert world.ledger.claim(landed(), 60) == done


def test_what_waits_is_found_the_longest_wait_first_until_it_is_finished(world: World) -> None:
    ids = []
    for name in ("x", "y", "z"):
        marked = world.ledger.mark(world.ledger.claim(landed(name), 60), State.VALIDATED, waiting_for="trips")
        ids.append(marked.object_id)
        time.sleep(0.005)

    assert world.ledger.waiting("trips", 10) == ids
    assert world.ledger.waiting("trips", 2) == ids[:2]
    world.ledger.finish([End(ids[1], 0, State.PUBLISHED, "")])
    assert world.ledger.waiting("trips", 10) == [ids[0], ids[2]]
    assert world.ledger.waiting("stays", 10) == []


def test_more_entries_than_one_call_returns_are_read(world: World) -> None:
    held = [world.ledger.claim(landed(str(number)), 60) for number in range(120)]

    found = list(world.ledger.entries([entry.object_id for entry in held] + ["unknown"]))

    assert len(found) == 120


def test_an_unknown_object_is_named(world: World) -> None:
    with pytest.raises(NotFound, match="nothing-like-it"):
        world.ledger.get("nothing-like-it")


def test_an_entry_goes_to_an_item_and_back() -> None:
    entry = Entry.claimed(landed(), 1_700_000_000_123, 1_700_000_060_123)
    full = replace(entry, state=State.PARTLY_PUBLISHED, total_rows=3, good_rows=2, bad_rows=1, reason="ü")

    assert Entry.from_item(full.item()) == full


def test_a_table_lease_is_one_publishers_and_his_word_outlives_him(world: World) -> None:
    one = TableLease(world.ledger, "trips", owner="one", seconds=60)
    assert one.take() is None
    intent = Intent(batch="b1", object_ids=frozenset({"x", "y"}))
    one.intend(intent)

    two = TableLease(world.ledger, "trips", owner="two", seconds=60)
    with pytest.raises(LeaseHeld):
        two.take()
    one.release()
    assert two.take() == intent
    with pytest.raises(LeaseHeld):
        one.intend(intent)
    two.settle()
    two.release()
    assert TableLease(world.ledger, "trips", owner="three", seconds=60).take() is None
