"""Fill a lookup table as the refreshing function does, from frames of published rows."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import polars as pl

from tidegate.models.lookups import item_key, item_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

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
        items = [put(item(lookup, row)) for row in frame.rows(named=True)]
        for start in range(0, len(items), 25):
            client.batch_write_item(RequestItems={table: items[start : start + 25]})


def item(lookup: Lookup, row: dict[str, Any]) -> dict[str, Any]:
    """One row as its item."""
    return {
        "lookup": {"S": item_key(lookup.dataset, (row[name] for name in lookup.by))},
        "at": {"S": item_time(row[lookup.at] if lookup.at else None)},
        "row": {"S": json.dumps(row, default=_text)},
    }


def put(value: dict[str, Any]) -> dict[str, Any]:
    return {"PutRequest": {"Item": value}}


def _text(value: datetime) -> str:
    return value.isoformat()
