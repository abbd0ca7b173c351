"""Copy published rows into the lookup table, from which a live prediction reads."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import polars as pl

from tidegate.lake import filelist, layout
from tidegate.lake.entry import typed
from tidegate.models.lookups import item_key, item_time
from tidegate.plan import OBJECT_ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tidegate.plan import LookupPlan

_AT_ONCE = 25  # puts of one BatchWriteItem
_TOGETHER = 50  # puts of one transaction


def copy_rows(
    s3: Any,
    dynamodb: Any,
    lake_bucket: str,
    table: str,
    *,
    lookup: LookupPlan,
    editions: Iterable[str],
    sequence: int,
) -> int:
    """Put each row of these published files under the lookup's key; the number of rows is returned.

    A row is a fixed item, so that copying a file twice leaves the table as copying it once does. Where a key
    has one row, that of a later commit stands, whichever is copied last: `sequence` is the commit's.
    """
    put = _put_all if lookup.at else _put_newer
    copied = 0
    for edition in editions:
        for file in filelist.load(s3, lake_bucket, lookup.dataset, edition):
            bucket, key = layout.split_uri(file.uri)
            rows = pl.read_parquet(io.BytesIO(s3.get_object(Bucket=bucket, Key=key)["Body"].read()))
            copied += put(dynamodb, table, list(items(lookup, rows, sequence)))
    return copied


def items(lookup: LookupPlan, rows: pl.DataFrame, sequence: int) -> Iterator[dict[str, Any]]:
    """The rows as items, the last one winning where two have the same key and time."""
    latest: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows.drop(OBJECT_ID, strict=False).iter_rows(named=True):
        key = item_key(lookup.dataset, (row[name] for name in lookup.by))
        at = item_time(row[lookup.at] if lookup.at else None)
        latest[key, at] = row
    for (key, at), row in latest.items():
        text = json.dumps(row, default=_iso, separators=(",", ":"), ensure_ascii=False)
        yield {"lookup": typed(key), "at": typed(at), "row": typed(text), "sequence": typed(sequence)}


def _iso(value: Any) -> str:
    """Dates and times as ISO 8601; decimals as their digits."""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _put_all(dynamodb: Any, table: str, waiting: list[dict[str, Any]]) -> int:
    for start in range(0, len(waiting), _AT_ONCE):
        asked: Any = {table: [{"PutRequest": {"Item": item}} for item in waiting[start : start + _AT_ONCE]]}
        while asked:
            asked = dynamodb.batch_write_item(RequestItems=asked).get("UnprocessedItems")
    return len(waiting)


def _put_newer(dynamodb: Any, table: str, waiting: list[dict[str, Any]]) -> int:
    """Put the items, each unless that of a later commit is there."""
    put = 0
    for start in range(0, len(waiting), _TOGETHER):
        some = waiting[start : start + _TOGETHER]
        while some:
            try:
                dynamodb.transact_write_items(TransactItems=[_unless_newer(table, item) for item in some])
            except dynamodb.exceptions.TransactionCanceledException as cancelled:
                codes = [reason.get("Code") for reason in cancelled.response["CancellationReasons"]]
                if "ConditionalCheckFailed" not in codes:
                    raise
                some = [
                    item for item, code in zip(some, codes, strict=True) if code != "ConditionalCheckFailed"
                ]
                continue
            put += len(some)
            break
    return put


def _unless_newer(table: str, item: dict[str, Any]) -> dict[str, Any]:
    return {
        "Put": {
            "TableName": table,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(#sequence) OR #sequence <= :sequence",
            "ExpressionAttributeNames": {"#sequence": "sequence"},
            "ExpressionAttributeValues": {":sequence": item["sequence"]},
        }
    }
