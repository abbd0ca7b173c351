"""A table's lease: one publisher at a time, which leaves word of what it is about to commit before it does.

The lease is an item of the ledger, `lease#<dataset>`. The word in it outlives a publisher
that dies, so that the next one can look whether that commit was made.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tidegate.errors import LeaseHeld
from tidegate.lake.entry import typed

if TYPE_CHECKING:
    from tidegate.lake.ledger import Ledger


@dataclass(frozen=True, kw_only=True)
class Intent:
    """A commit that was about to be made."""

    batch: str
    object_ids: frozenset[str]


class TableLease:
    """The lease of one dataset's table, held by `owner` for some seconds."""

    def __init__(self, ledger: Ledger, dataset: str, owner: str, seconds: float) -> None:
        self._ledger = ledger
        self._key = {"object_id": typed(f"lease#{dataset}")}
        self._where = f"table {dataset}"
        self._owner = owner
        self._seconds = seconds

    def take(self) -> Intent | None:
        """Take the lease; what the last holder left unsettled is returned.

        Raises:
            LeaseHeld: somebody else holds it.
        """
        now = self._ledger.now()
        item = self._change(
            "SET holder = :owner, lease_until = :until",
            "attribute_not_exists(lease_until) OR lease_until < :now OR holder = :owner",
            {":until": now + int(self._seconds * 1000), ":now": now},
        )
        if "intent" not in item:
            return None
        word = json.loads(item["intent"]["S"])
        return Intent(batch=word["batch"], object_ids=frozenset(word["object_ids"]))

    def intend(self, intent: Intent) -> None:
        """Leave word of the commit that comes next.

        Raises:
            LeaseHeld: the lease ran out, and somebody else took it.
        """
        word = json.dumps({"batch": intent.batch, "object_ids": sorted(intent.object_ids)})
        self._change("SET intent = :intent", "holder = :owner", {":intent": word})

    def settle(self) -> None:
        """Take the word back: the commit was made and all is marked, or it was not made.

        Raises:
            LeaseHeld: the lease ran out, and somebody else took it.
        """
        self._change("REMOVE intent", "holder = :owner", {})

    def release(self) -> None:
        """Give the lease back; what was intended stays for the next holder to look at."""
        try:
            self._change("SET lease_until = :past REMOVE holder", "holder = :owner", {":past": 1})
        except LeaseHeld:
            return  # it ran out, and somebody else has it now

    def _change(self, update: str, condition: str, values: dict[str, str | int]) -> dict[str, dict[str, str]]:
        client = self._ledger.client
        try:
            answer = client.update_item(
                TableName=self._ledger.table,
                Key=self._key,
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues={
                    ":owner": typed(self._owner),
                    **{name: typed(value) for name, value in values.items()},
                },
                ReturnValues="ALL_NEW",
            )
        except client.exceptions.ConditionalCheckFailedException:
            raise LeaseHeld(
                self._where, "another publisher holds it", "It commits what waits, or the message comes back"
            ) from None
        attributes: dict[str, dict[str, str]] = answer["Attributes"]
        return attributes
