"""The lookup table: what a live prediction reads of other datasets, by key and by time.

One DynamoDB item per row: `lookup` is the dataset and its `by` values, `at` the row's time (or "-" where a
dataset has one row per key), `row` the row as JSON. `functions/refresh` names its items with `item_key` and
`item_time`.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tidegate.errors import Transient

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import polars as pl

    from tidegate.models.declare import Frames, Lookup

NO_TIME = "-"
AT_ONCE = 8
BATCH = 100  # the most keys that BatchGetItem takes


def item_key(dataset: str, by: Iterable[object]) -> str:
    """The partition key of a row: `weather#JFK`."""
    return "#".join([dataset, *("" if value is None else str(value) for value in by)])


def item_time(at: datetime | None) -> str:
    """The sort key of a row; in UTC and of fixed width, so that text order is time order."""
    if at is None:
        return NO_TIME
    moment = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class LookupTable:
    """Reads rows from the lookup table; what is not there is simply not among the rows."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._pool = ThreadPoolExecutor(AT_ONCE, "lookups")

    def fetch(
        self, lookups: Iterable[Lookup], keys: Frames, types: Mapping[str, Mapping[str, str]]
    ) -> dict[str, pl.DataFrame]:
        """For each lookup the rows that `keys` asks for, in the types that the model's card names.

        Raises:
            Transient: the table cannot be read now.
        """
        from tidegate.models.columns import from_rows

        found = {}
        for lookup in lookups:
            frame = keys[lookup.dataset]
            asked = [dict(zip(frame.columns, key, strict=True)) for key in dict.fromkeys(frame.rows())]
            texts = self._latest(lookup, asked) if lookup.at else self._single(lookup, asked)
            found[lookup.dataset] = from_rows([json.loads(text) for text in texts], types[lookup.dataset])
        return found

    def _latest(self, lookup: Lookup, asked: list[dict[str, Any]]) -> list[str]:
        """For each key the last row at or before its time; many keys may share one."""
        wanted = [
            (item_key(lookup.dataset, (key[name] for name in lookup.by)), item_time(key["at"]))
            for key in asked
        ]
        run = self._pool.map if len(wanted) > 1 else map
        answers = list(run(self._last_before, wanted))
        return list(dict.fromkeys(text for text in answers if text))

    def _last_before(self, wanted: tuple[str, str]) -> str:
        answer = self._call(
            "query",
            KeyConditionExpression="#lookup = :lookup AND #at <= :at",
            ExpressionAttributeNames={"#lookup": "lookup", "#at": "at", "#row": "row"},
            ExpressionAttributeValues={":lookup": {"S": wanted[0]}, ":at": {"S": wanted[1]}},
            ProjectionExpression="#row",
            ScanIndexForward=False,
            Limit=1,
            TableName=self._table,
        )
        return str(answer["Items"][0]["row"]["S"]) if answer["Items"] else ""

    def _single(self, lookup: Lookup, asked: list[dict[str, Any]]) -> list[str]:
        names = sorted({item_key(lookup.dataset, (key[name] for name in lookup.by)) for key in asked})
        waiting = [{"lookup": {"S": name}, "at": {"S": NO_TIME}} for name in names]
        found: list[str] = []
        while waiting:
            batch, waiting = waiting[:BATCH], waiting[BATCH:]
            answer = self._call("batch_get_item", RequestItems={self._table: {"Keys": batch}})
            found += [item["row"]["S"] for item in answer["Responses"].get(self._table, [])]
            waiting += answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
        return found

    def _call(self, operation: str, **request: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self._client, operation)(**request)
        except (BotoCoreError, ClientError) as error:
            raise Transient(
                f"the lookup table {self._table}", f"it cannot be read: {error}", "Try again shortly"
            ) from error
