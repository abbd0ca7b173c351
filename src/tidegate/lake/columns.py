"""The names of the columns that a table gained by what files brought, so that they never become too many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tidegate.contract.changes import MOST_ADDED
from tidegate.lake.entry import State, iso, typed

if TYPE_CHECKING:
    from tidegate.lake.entry import Entry
    from tidegate.lake.ledger import Ledger


@dataclass(frozen=True)
class GainedColumns:
    """The item `columns#<dataset>` of the ledger: a name that it holds once stays a column."""

    ledger: Ledger
    dataset: str
    most: int = MOST_ADDED

    def admit(self, name: str) -> bool:
        """Whether a name may become a column, as others did before it; the same at every attempt."""
        client = self.ledger.client
        try:
            client.update_item(
                TableName=self.ledger.table,
                Key={"object_id": typed(f"columns#{self.dataset}")},
                UpdateExpression="ADD gained :names",
                ConditionExpression="attribute_not_exists(gained) OR contains(gained, :name)"
                " OR size(gained) < :most",
                ExpressionAttributeValues={
                    ":names": {"SS": [name]},
                    ":name": typed(name),
                    ":most": typed(self.most),
                },
            )
        except client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def send_back(ledger: Ledger, waiting: Entry) -> bool:
    """Have a file checked once more whose new column the table cannot take as text any more.

    Returns:
        Whether it still waited as it was seen; another publisher may have been faster.
    """
    try:
        ledger.client.update_item(
            TableName=ledger.table,
            Key={"object_id": typed(waiting.object_id)},
            UpdateExpression="SET #state = :claimed, updated_at = :at"
            " REMOVE waiting_for, waiting_since, lease_until",
            ConditionExpression="waiting_for = :dataset AND updated_at = :seen",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={
                ":claimed": typed(State.CLAIMED.value),
                ":at": typed(iso(ledger.now())),
                ":dataset": typed(waiting.waiting_for),
                ":seen": typed(waiting.updated_at),
            },
        )
    except ledger.client.exceptions.ConditionalCheckFailedException:
        return False
    return True
