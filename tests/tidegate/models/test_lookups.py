"""Rows come back from the lookup table by key and by time, through a real DynamoDB call."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import polars as pl
import pytest

from tidegate.errors import Transient
from tidegate.models.declare import Lookup
from tidegate.models.lookups import LookupTable, item_key, item_time

WEATHER = Lookup(dataset="weather", by=("origin",), at="observed_at")
PLANES = Lookup(dataset="planes", by=("tailnum",))
TYPES = {
    "weather": {"origin": "text", "observed_at": "moment", "temp": "number"},
    "planes": {"tailnum": "text", "seats": "whole"},
}
NOON = datetime(2013, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def table(cloud: Any) -> tuple[Any, str]:
    client, name = cloud.client("dynamodb"), f"lookups-{uuid.uuid4().hex[:8]}"
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "lookup", "KeyType": "HASH"},
            {"AttributeName": "at", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "lookup", "AttributeType": "S"},
            {"AttributeName": "at", "AttributeType": "S"},
        ],
    )
    return client, name


def put(table: tuple[Any, str], key: str, at: str, row: dict[str, Any]) -> None:
    item = {"lookup": {"S": key}, "at": {"S": at}, "row": {"S": json.dumps(row)}}
    table[0].put_item(TableName=table[1], Item=item)


def put_weather(table: tuple[Any, str], at: datetime, temp: float) -> None:
    row = {"origin": "JFK", "observed_at": at.isoformat(), "temp": temp}
    put(table, item_key("weather", ["JFK"]), item_time(at), row)


def fetch(table: tuple[Any, str], at: list[datetime], tails: list[str | None]) -> dict[str, pl.DataFrame]:
    keys = {
        "weather": pl.DataFrame({"origin": ["JFK"] * len(at), "at": at}),
        "planes": pl.DataFrame({"tailnum": tails}, schema={"tailnum": pl.String}),
    }
    return LookupTable(*table).fetch((WEATHER, PLANES), keys, TYPES)


def test_the_latest_row_at_or_before_a_time_is_found(table: tuple[Any, str]) -> None:
    for hour in range(5):
        put_weather(table, NOON + timedelta(hours=hour), float(hour))
    asked = [NOON + timedelta(hours=2), NOON + timedelta(hours=3, minutes=59)]
    assert fetch(table, asked, [])["weather"]["temp"].sort().to_list() == [2.0, 3.0]


def test_many_rows_that_need_the_same_observation_get_it_once(table: tuple[Any, str]) -> None:
    put_weather(table, NOON, 1.5)
    asked = [NOON + timedelta(minutes=minute) for minute in range(30)]
    assert fetch(table, asked, [])["weather"].height == 1


def test_more_aircraft_than_one_call_takes_are_found(table: tuple[Any, str]) -> None:
    tails = [f"N{number}" for number in range(130)]
    for tail in tails:
        put(table, f"planes#{tail}", "-", {"tailnum": tail, "seats": 100})
    assert sorted(fetch(table, [], [*tails, None, "N-unknown"])["planes"]["tailnum"]) == sorted(tails)


def test_what_is_not_there_leaves_a_frame_with_its_columns_and_no_rows(table: tuple[Any, str]) -> None:
    found = fetch(table, [NOON], ["N1"])
    assert found["weather"].schema == {
        "origin": pl.String,
        "observed_at": pl.Datetime("us", "UTC"),
        "temp": pl.Float64,
    }
    assert found["planes"].height == 0


def test_a_table_that_cannot_be_read_is_worth_another_try(table: tuple[Any, str]) -> None:
    with pytest.raises(Transient, match="cannot be read"):
        fetch((table[0], "no-such-table"), [NOON], [])


def test_the_text_order_of_item_times_is_their_time_order() -> None:
    east = timezone(timedelta(hours=5))
    times = [NOON, NOON + timedelta(microseconds=1), (NOON + timedelta(hours=1)).astimezone(east)]
    assert sorted(item_time(at) for at in times) == [item_time(at) for at in times]
    assert item_time(None) == "-"
