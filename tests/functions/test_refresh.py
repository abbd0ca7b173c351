"""Published rows are found in the lookup table by their key and time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions import publish, refresh, transform, validate
from tests.functions.world import Context, World, messages
from tidegate.lake.lookups import copy_rows
from tidegate.plan import LookupPlan
from tidegate.settings import Setting

READINGS = b"station,day,hour,tenths\nJFK,2013-01-01,5,100\nJFK,2013-01-01,6,50\nLGA,2013-01-02,7,-30\n"
BY_TIME = LookupPlan(dataset="readings", by=("station",), at="at")


@pytest.fixture
def published(world: World) -> dict[str, Any]:
    """The fact that readings were published."""
    validate.intake.cache_clear()
    transform.step.cache_clear()
    world.create_table("readings")
    validate.handler(messages(world.put("readings/a.csv", READINGS)), Context())
    transform.handler(messages(*world.heard()), Context())
    publish.handler(messages(*world.heard()), Context())
    (fact,) = world.heard()
    return fact


def copy(world: World, fact: dict[str, Any], lookup: LookupPlan) -> int:
    table = world.settings[Setting.LOOKUP_TABLE]
    ids = fact["detail"]["object_ids"]
    return copy_rows(
        world.s3,
        world.ledger.client,
        world.lake,
        table,
        lookup=lookup,
        editions=ids,
        sequence=fact["detail"]["sequence"],
    )


def items(world: World) -> dict[tuple[str, str], dict[str, Any]]:
    found = world.ledger.client.scan(TableName=world.settings[Setting.LOOKUP_TABLE])["Items"]
    return {(item["lookup"]["S"], item["at"]["S"]): json.loads(item["row"]["S"]) for item in found}


def test_each_row_is_an_item_under_its_key_and_time(world: World, published: dict[str, Any]) -> None:
    assert copy(world, published, BY_TIME) == 3

    assert items(world)["readings#JFK", "2013-01-01T06:00:00.000000Z"] == {
        "station": "JFK",
        "at": "2013-01-01T06:00:00+00:00",
        "degrees": 5.0,
    }
    assert len(items(world)) == 3


def test_copying_again_changes_nothing(world: World, published: dict[str, Any]) -> None:
    copy(world, published, BY_TIME)
    before = items(world)

    copy(world, published, BY_TIME)

    assert items(world) == before


def test_without_a_time_the_last_row_of_a_key_stands(world: World, published: dict[str, Any]) -> None:
    assert copy(world, published, LookupPlan(dataset="readings", by=("station",), at="")) == 2

    assert set(items(world)) == {("readings#JFK", "-"), ("readings#LGA", "-")}


def test_a_fact_that_comes_late_does_not_undo_what_a_later_commit_said(
    world: World, published: dict[str, Any]
) -> None:
    newest = LookupPlan(dataset="readings", by=("station",), at="")
    validate.handler(
        messages(world.put("readings/b.csv", b"station,day,hour,tenths\nJFK,2013-02-01,5,200\n")), Context()
    )
    transform.handler(messages(*world.heard()), Context())
    publish.handler(messages(*world.heard()), Context())
    (later,) = world.heard()
    assert later["detail"]["sequence"] > published["detail"]["sequence"]

    assert copy(world, later, newest) == 1
    assert copy(world, published, newest) == 1

    assert items(world)["readings#JFK", "-"]["degrees"] == 20.0
    assert items(world)["readings#LGA", "-"]["degrees"] == -3.0


def test_a_table_that_no_model_looks_up_is_left_alone(world: World, published: dict[str, Any]) -> None:
    refresh.handler(published, Context())

    assert items(world) == {}
