from __future__ import annotations

import operator
import random
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.ministack.nearest_items import _nearest

if TYPE_CHECKING:
    from infra.local.cloud import LocalCloud

NAME = "nearest-items"
TIMES = sorted({f"2013-{number:04}" for number in random.Random(1).sample(range(5000), 120)})
COMPARISONS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}


@pytest.fixture(scope="module")
def dynamodb(cloud: LocalCloud) -> Any:
    """A client of a table with two partitions of the same times."""
    client = cloud.client("dynamodb")
    client.create_table(
        TableName=NAME,
        KeySchema=[
            {"AttributeName": "lookup", "KeyType": "HASH"},
            {"AttributeName": "at", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "lookup", "AttributeType": "S"},
            {"AttributeName": "at", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    for time in TIMES:
        for lookup in ("JFK", "LGA"):
            item = {"lookup": {"S": lookup}, "at": {"S": time}, "row": {"S": f"{lookup} {time}"}}
            client.put_item(TableName=NAME, Item=item)
    return client


def asked(comparison: str, time: str, limit: int, forward: bool) -> dict[str, Any]:
    return {
        "TableName": NAME,
        "KeyConditionExpression": f"#lookup = :lookup AND #at {comparison} :at",
        "ExpressionAttributeNames": {"#lookup": "lookup", "#at": "at", "#row": "row"},
        "ExpressionAttributeValues": {":lookup": {"S": "LGA"}, ":at": {"S": time}},
        "ProjectionExpression": "#row",
        "ScanIndexForward": forward,
        "Limit": limit,
    }


@pytest.mark.parametrize("comparison", COMPARISONS)
@pytest.mark.parametrize("forward", [True, False])
def test_a_query_for_a_few_items_gets_those_that_come_first(
    dynamodb: Any, comparison: str, forward: bool
) -> None:
    within, chosen = COMPARISONS[comparison], random.Random(2)
    for time in [*chosen.sample(TIMES, 3), "2013-0000", "2013-9999", "2013-2500"]:
        expected = [one for one in TIMES if within(one, time)][:: 1 if forward else -1]
        for limit in (1, 7):
            answer = dynamodb.query(**asked(comparison, time, limit, forward))
            assert [item["row"]["S"] for item in answer["Items"]] == [
                f"LGA {one}" for one in expected[:limit]
            ]
            assert ("LastEvaluatedKey" in answer) == (len(expected) >= limit)


def test_pages_of_a_query_hold_every_item_once(dynamodb: Any) -> None:
    pages = dynamodb.get_paginator("query").paginate(**asked(">=", TIMES[30], 7, True))
    found = [item["row"]["S"] for page in pages for item in page["Items"]]
    assert found == [f"LGA {one}" for one in TIMES[30:]]


def test_no_more_items_are_shown_than_the_answer_can_hold() -> None:
    items = {"LGA": {time: {} for time in TIMES}}
    table = {"pk_name": "lookup", "sk_name": "at", "items": items}
    found = _nearest(table, asked("<=", TIMES[50], 1, False))
    assert found == {"LGA": {TIMES[50]: {}, TIMES[49]: {}}}
    assert _nearest(table, asked("<=", TIMES[50], 1, False) | {"FilterExpression": "#row = :at"}) is None
