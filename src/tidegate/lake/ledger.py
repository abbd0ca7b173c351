"""The ledger: one DynamoDB item per object version, so that each is worked on once, whatever comes twice.

Whoever works on an object holds its lease; a mark is accepted only from the holder, so that a worker that
slept through its lease cannot undo what another has done since.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tidegate import aws
from tidegate.errors import LeaseHeld, NotFound
from tidegate.lake.entry import Entry, State, iso, typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tidegate.lake.landed import LandedObject

WAITING_INDEX = "waiting"
_GET_AT_ONCE = 100
_MARK_AT_ONCE = 100


class Ledger:
    """The ledger of one environment."""

    def __init__(self, table: str, client: Any = None, clock: Callable[[], float] = time.time) -> None:
        self.table = table
        self.client = client or aws.client("dynamodb")
        self._clock = clock

    def now(self) -> int:
        """The time in milliseconds."""
        return int(self._clock() * 1000)

    def claim(self, landed: LandedObject, seconds: float) -> Entry:
        """Take a landed object, or learn what has become of it: the claim is ours if the state is `claimed`.

        Raises:
            LeaseHeld: somebody else is at work on it.
        """
        entry = Entry.claimed(landed, self.now(), self._until(seconds))
        try:
            self.client.put_item(
                TableName=self.table,
                Item=entry.item(),
                ConditionExpression="attribute_not_exists(object_id)",
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            return self.take(entry.object_id, State.CLAIMED, seconds)
        return entry

    def take(self, object_id: str, state: State, seconds: float) -> Entry:
        """Take the lease of an object in `state`; one in another state is returned as it stands, not taken.

        Raises:
            LeaseHeld: somebody else is at work on it.
        """
        try:
            answer = self.client.update_item(
                TableName=self.table,
                Key=_key(object_id),
                UpdateExpression="SET lease_until = :until, updated_at = :at ADD attempts :one",
                ConditionExpression="#state = :state"
                " AND (attribute_not_exists(lease_until) OR lease_until < :now)",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={
                    ":state": typed(state.value),
                    ":now": typed(self.now()),
                    ":until": typed(self._until(seconds)),
                    ":at": typed(iso(self.now())),
                    ":one": typed(1),
                },
                ReturnValues="ALL_NEW",
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            return self._as_it_stands(object_id, state)
        return Entry.from_item(answer["Attributes"])

    def release(self, held: Entry) -> None:
        """Give the lease back, so that a retry need not wait for its end."""
        try:
            self._update(held, {"lease_until": 1})
        except LeaseHeld:
            return  # it ran out, and somebody else has it now

    def mark(self, held: Entry, state: State, **attributes: str | int) -> Entry:
        """Say how far an object has come, and give the lease back.

        Raises:
            LeaseHeld: the lease ran out, and somebody else took it.
        """
        changed = {**attributes, "state": state.value, "updated_at": iso(self.now()), "lease_until": 1}
        if attributes.get("waiting_for"):
            changed["waiting_since"] = iso(self.now())
        self._update(held, changed)
        return replace(held, **{**changed, "state": state})  # type: ignore[arg-type]

    def get(self, object_id: str) -> Entry:
        """What is known of an object.

        Raises:
            NotFound: nothing.
        """
        for entry in self.entries([object_id]):
            return entry
        raise NotFound(
            f"ledger {self.table}", f"no object {object_id} is known", "Reconcile, and it will be found"
        )

    def entries(self, object_ids: Iterable[str]) -> Iterator[Entry]:
        """What is known of each of these objects; the unknown are left out."""
        wanted = sorted(set(object_ids))
        for start in range(0, len(wanted), _GET_AT_ONCE):
            asked: Any = {
                self.table: {
                    "Keys": [_key(one) for one in wanted[start : start + _GET_AT_ONCE]],
                    "ConsistentRead": True,
                }
            }
            while asked:
                answer = self.client.batch_get_item(RequestItems=asked)
                yield from (Entry.from_item(item) for item in answer["Responses"].get(self.table, ()))
                asked = answer.get("UnprocessedKeys")

    def waiting(self, dataset: str, limit: int) -> list[str]:
        """The objects whose data files wait for a commit to `dataset`, those that wait longest first."""
        answer = self.client.query(
            TableName=self.table,
            IndexName=WAITING_INDEX,
            KeyConditionExpression="waiting_for = :dataset",
            ExpressionAttributeValues={":dataset": typed(dataset)},
            Limit=limit,
        )
        return [item["object_id"]["S"] for item in answer["Items"]]

    def finish(self, ends: Iterable[tuple[str, State, str]]) -> None:
        """Mark what has been committed: of each object, its id, its last state, a reason or nothing."""
        updates = [{"Update": self._ending(*end)} for end in ends]
        for start in range(0, len(updates), _MARK_AT_ONCE):
            self.client.transact_write_items(TransactItems=updates[start : start + _MARK_AT_ONCE])

    def _ending(self, object_id: str, state: State, reason: str) -> dict[str, Any]:
        return {
            "TableName": self.table,
            "Key": _key(object_id),
            "UpdateExpression": "SET #state = :state, updated_at = :at, #reason = :reason "
            "REMOVE waiting_for, waiting_since, lease_until",
            "ExpressionAttributeNames": {"#state": "state", "#reason": "reason"},
            "ExpressionAttributeValues": {
                ":state": typed(state.value),
                ":at": typed(iso(self.now())),
                ":reason": typed(reason),
            },
        }

    def _as_it_stands(self, object_id: str, state: State) -> Entry:
        entry = self.get(object_id)
        if entry.state is state:
            raise LeaseHeld(
                f"ledger {self.table}, object {object_id}",
                "somebody else is at work on it",
                "It is tried again when the message comes back",
            )
        return entry

    def _update(self, held: Entry, changed: dict[str, str | int]) -> None:
        names = {f"#{name}": name for name in changed}
        values = {f":{name}": typed(value) for name, value in changed.items()}
        try:
            self.client.update_item(
                TableName=self.table,
                Key=_key(held.object_id),
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in changed),
                ConditionExpression="#held_state = :held_state AND #held_lease = :held_lease",
                ExpressionAttributeNames={**names, "#held_state": "state", "#held_lease": "lease_until"},
                ExpressionAttributeValues={
                    **values,
                    ":held_state": typed(held.state.value),
                    ":held_lease": typed(held.lease_until),
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise LeaseHeld(
                f"ledger {self.table}, object {held.object_id}",
                "the lease ran out, and somebody else took it",
                "What the other one does stands",
            ) from error

    def _until(self, seconds: float) -> int:
        return self.now() + int(seconds * 1000)


def _key(object_id: str) -> dict[str, dict[str, str]]:
    return {"object_id": typed(object_id)}
