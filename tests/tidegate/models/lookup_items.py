"""Fill a lookup table with what the refreshing function would write."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import polars as pl

from tidegate.lake.lookups import items
from tidegate.plan import LookupPlan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tidegate.models.declare import Lookup


def make_table(client: Any) -> str:
    """An empty lookup table."""
    name = f"lookups-{uuid.uuid4().hex[:8]}"
    parts = ("lookup", "HASH"), ("at", "RANGE")
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": part, "KeyType": kind} for part, kind in parts],
        AttributeDefinitions=[{"AttributeName": part, "AttributeType": "S"} for part, _ in parts],
    )
    return name


def put_all(
    client: Any, table: str, lookups: Iterable[Lookup], frames: Mapping[str, pl.DataFrame], days: int
) -> None:
    """Write every row; of rows with a time, those of the first days."""
    for lookup in lookups:
        frame = frames[lookup.dataset]
        if lookup.at:
            frame = frame.filter(pl.col(lookup.at) < frame[lookup.at].min() + pl.duration(days=days))
        plan = LookupPlan(dataset=lookup.dataset, by=lookup.by, at=lookup.at)
        puts = [{"PutRequest": {"Item": item}} for item in items(plan, frame, sequence=1)]
        for start in range(0, len(puts), 25):
            client.batch_write_item(RequestItems={table: puts[start : start + 25]})
