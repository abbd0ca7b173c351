"""The lookup table: what a live prediction reads of other datasets, by key and by time.

One DynamoDB item per row: `lookup` is the dataset and its `by` values, `at` the row's time (or "-" where a dataset
has one row per key), `row` the row as JSON. `functions/refresh` writes with the two functions that name an item.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

NO_TIME = "-"


def item_key(dataset: str, by: Iterable[object]) -> str:
    """The partition key of a row: `weather#JFK`."""
    return "#".join([dataset, *("" if value is None else str(value) for value in by)])


def item_time(at: datetime | None) -> str:
    """The sort key of a row; in UTC and of fixed width, so that text order is time order."""
    if at is None:
        return NO_TIME
    moment = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
