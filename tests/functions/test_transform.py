"""A dataset's own step runs on staged rows, once, and neither its failures nor its broken rows are lost."""

from __future__ import annotations

from typing import Any

import pytest

from functions import transform, validate
from tests.functions.world import Context, World, messages
from tidegate.lake.entry import State

READINGS = b"station,day,hour,tenths\nJFK,2013-01-01,5,101\nJFK,2013-01-01,6,900\nLGA,2013-01-02,7,-3\n"


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    validate.intake.cache_clear()
    transform.step.cache_clear()


def staged(world: World, body: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    event = world.put("readings/a.csv", body)
    validate.handler(messages(event), Context())
    (fact,) = world.heard()
    return event, fact


def test_the_step_writes_data_files_and_says_so_once(world: World) -> None:
    event, fact = staged(world, READINGS.replace(b"900", b"90"))
    assert fact["detail"]["needs_transform"] is True

    transform.handler(messages(fact), Context())

    entry = world.entry(event)
    assert (entry.state, entry.waiting_for, entry.good_rows) == (State.TRANSFORMED, "readings", 3)
    (said,) = world.heard()
    assert (said["detail-type"], said["detail"]["rows"]) == ("FileTransformed", 3)
    keys = [
        found["Key"]
        for found in world.s3.list_objects_v2(Bucket=world.lake, Prefix="tables/readings/data/")["Contents"]
    ]
    assert keys == [
        f"tables/readings/data/at_day=15706/{entry.object_id}-0.parquet",
        f"tables/readings/data/at_day=15707/{entry.object_id}-1.parquet",
    ]


def test_rows_that_the_step_breaks_are_quarantined_with_what_it_made_of_them(world: World) -> None:
    event, fact = staged(world, READINGS)

    transform.handler(messages(fact), Context())

    entry = world.entry(event)
    assert (entry.good_rows, entry.bad_rows, entry.total_rows) == (2, 1, 3)
    rows = world.kept(f"rows/readings/{entry.object_id}/step/rows-0.parquet")
    assert rows["_row"].to_list() == [2]
    assert '"degrees":"90.0"' in rows["_raw"][0]
    assert rows["_reasons"][0][0]["column"] == "degrees"


def test_a_step_that_raises_puts_the_file_in_quarantine_without_quoting_a_row(world: World) -> None:
    body = READINGS + b"BROKEN,2013-01-01,5,1\n"
    event, fact = staged(world, body)

    assert transform.handler(messages(fact), Context()) == {"batchItemFailures": []}

    entry = world.entry(event)
    assert (entry.state, entry.reason) == (State.QUARANTINED, "step_failed: the step raised ValueError")
    assert (entry.good_rows, entry.bad_rows, entry.total_rows) == (0, 4, 4)
    original = f"files/readings/{entry.object_id}/original"
    assert world.s3.get_object(Bucket=world.quarantine, Key=original)["Body"].read() == body


def test_the_same_fact_again_only_rings_again(world: World) -> None:
    event, fact = staged(world, READINGS)
    transform.handler(messages(fact), Context())
    world.heard()
    before = world.entry(event)

    transform.handler(messages(fact), Context())

    assert world.entry(event) == before
    assert [said["detail-type"] for said in world.heard()] == ["FileTransformed"]


def test_a_file_whose_step_never_ends_is_given_up_in_the_end(world: World) -> None:
    event, fact = staged(world, READINGS)
    for _ in range(12):  # each time the process is killed, and its lease runs out
        world.ledger.take(fact["detail"]["object_id"], State.VALIDATED, seconds=-1)

    transform.handler(messages(fact), Context())

    entry = world.entry(event)
    assert (entry.state, entry.bad_rows) == (State.QUARANTINED, entry.total_rows)
    assert entry.reason.startswith("given_up:")
