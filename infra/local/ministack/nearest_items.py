"""A few items of a partition are found by their sort keys; MiniStack judges and sorts each item of it first.

A live prediction asks for the last item at or before a time, of a partition of thousands. Other queries are
MiniStack's own, and so are the answers: it is only shown fewer items, among which all that it returns are.
"""

from __future__ import annotations

import heapq
import operator
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Answer = tuple[int, dict[str, str], Any]
CONDITION = re.compile(r"\s*(#?\w+)\s*=\s*(:\w+)\s+AND\s+(#?\w+)\s*(<=|<|>=|>|=)\s*(:\w+)\s*")
COMPARISONS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}
OTHERWISE = ("IndexName", "ExclusiveStartKey", "FilterExpression", "QueryFilter", "KeyConditions")


def install() -> None:
    """Have queries for a few items look at a few."""
    from ministack.services import dynamodb

    dynamodb._query = _narrowed(dynamodb._query)


def _narrowed(query: Callable[[Mapping[str, Any]], Answer]) -> Callable[[Mapping[str, Any]], Answer]:
    from ministack.services import dynamodb

    def narrowed(data: Mapping[str, Any]) -> Answer:
        table = dynamodb._tables.get(data.get("TableName", ""))
        found = _nearest(table, data) if table else None
        if table is None or found is None:
            return query(data)
        whole = table["items"]
        table["items"] = found  # all of MiniStack's DynamoDB runs in one thread, and nothing waits in a query
        try:
            return query(data)
        finally:
            table["items"] = whole

    return narrowed


def _nearest(table: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, dict[str, Any]] | None:
    """Of the partition that is asked, the items that the answer can hold; nothing where that takes a look."""
    limit, said = data.get("Limit"), CONDITION.fullmatch(str(data.get("KeyConditionExpression", "")))
    if not isinstance(limit, int) or limit < 1 or said is None or any(data.get(name) for name in OTHERWISE):
        return None
    names, values = data.get("ExpressionAttributeNames") or {}, data.get("ExpressionAttributeValues") or {}
    own, value, sort, comparison, bound = said.groups()
    if [names.get(own, own), names.get(sort, sort)] != [table["pk_name"], table["sk_name"]]:
        return None
    partition, limits = values.get(value), values.get(bound)
    if not isinstance(partition, dict) or not isinstance(limits, dict) or set(limits) != {"S"}:
        return None  # numbers are in another order than their texts
    (key,) = partition.values()
    within = COMPARISONS[comparison]
    items = table["items"].get(key, {})
    keys = (one for one in items if within(one, limits["S"]))
    choose = heapq.nsmallest if data.get("ScanIndexForward", True) else heapq.nlargest
    return {key: {one: items[one] for one in choose(limit + 1, keys)}}
