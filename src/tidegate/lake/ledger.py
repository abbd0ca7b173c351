"""The ledger: one DynamoDB item per object version, so that each is worked on once, whatever comes twice.

Whoever works on an object holds its lease; a mark is accepted only from the holder, so that a worker that
slept through its lease cannot undo what another has done since.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tidegate import aws
from tidegate.errors import LeaseHeld, NotFound
from tidegate.lake.entry import Entry, State, iso, typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tidegate.lake.entry import End
    from tidegate.lake.landed import LandedObject

WAITING_INDEX = "waiting"
_GET_AT_ONCE = 100
_MARK_AT_ONCE = 100
_FAILED = "ConditionalCheckFailed"


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
        entry = replace(Entry.claimed(landed, self.now(), self.until(seconds)), claimed_by=uuid4().hex)
        try:
            self.client.put_item(
                TableName=self.table,
                Item=entry.item(),
                ConditionExpression="attribute_not_exists(object_id) OR claimed_by = :me",
                ExpressionAttributeValues={":me": typed(entry.claimed_by)},
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
                UpdateExpression="SET lease_until=:until, claimed_by=:me, updated_at=:at ADD attempts :one",
                ConditionExpression="#state = :state"
                " AND (attribute_not_exists(lease_until) OR lease_until < :now OR claimed_by = :me)",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={
                    ":state": typed(state.value),
                    ":now": typed(self.now()),
                    ":until": typed(self.until(seconds)),
                    ":me": typed(uuid4().hex),
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
        if held.generation and state.is_terminal:
            changed = {"stands": held.generation, "before": "", **changed}
        if attributes.get("waiting_for"):
            changed["waiting_since"] = iso(self.now())
        self._update(held, changed)
        return replace(held, **{**changed, "state": state})  # type: ignore[arg-type]

    def amend(self, seen: Entry, **changed: str | int) -> Entry | None:
        """Change the entry of an object that has come to its end; nothing if it changed since it was seen."""
        first = "attribute_not_exists(generation) OR " if not seen.generation else ""
        condition = f"#state = :seen AND updated_at = :at AND ({first}generation = :last)"
        asked = _setting({"state": seen.state.value, **changed, "updated_at": iso(self.now())})
        asked["ExpressionAttributeValues"] |= {
            ":seen": typed(seen.state.value),
            ":at": typed(seen.updated_at),
            ":last": typed(seen.generation),
        }
        try:
            answer = self.client.update_item(
                TableName=self.table,
                Key=_key(seen.object_id),
                ConditionExpression=condition,
                ReturnValues="ALL_NEW",
                **asked,
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            return None
        return Entry.from_item(answer["Attributes"])

    def get(self, object_id: str) -> Entry:
        """What is known of an object.

        Raises:
            NotFound: nothing.
        """
        for entry in self.entries([object_id]):
            return entry
        what = f"no object {object_id} is known"
        raise NotFound(f"ledger {self.table}", what, "Reconcile, and it will be found")

    def entries(self, object_ids: Iterable[str]) -> Iterator[Entry]:
        """What is known of each of these objects; the unknown are left out."""
        wanted = sorted(set(object_ids))
        for start in range(0, len(wanted), _GET_AT_ONCE):
            keys = [_key(one) for one in wanted[start : start + _GET_AT_ONCE]]
            asked: Any = {self.table: {"Keys": keys, "ConsistentRead": True}}
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

    def finish(self, ends: Iterable[End]) -> None:
        """Mark what has been committed; an object of which a replay was begun since is left alone."""
        updates = [{"Update": self._ending(end)} for end in ends]
        for start in range(0, len(updates), _MARK_AT_ONCE):
            some = updates[start : start + _MARK_AT_ONCE]
            while some:
                some = self._overtaken(some)

    def _overtaken(self, updates: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Write all or none; what is to be tried again without those that a replay has overtaken."""
        try:
            self.client.transact_write_items(TransactItems=updates)
        except self.client.exceptions.TransactionCanceledException as cancelled:
            codes = [reason.get("Code") for reason in cancelled.response["CancellationReasons"]]
            if _FAILED not in codes:
                raise
            return [update for update, code in zip(updates, codes, strict=True) if code != _FAILED]
        return []

    def _ending(self, end: End) -> dict[str, Any]:
        first = "attribute_not_exists(generation) OR " if not end.generation else ""
        return {
            "TableName": self.table,
            "Key": _key(end.object_id),
            "UpdateExpression": "SET #state = :state, updated_at = :at, #reason = :reason, "
            "stands = :generation, committed = :generation "
            "REMOVE waiting_for, waiting_since, lease_until, #before",
            "ConditionExpression": f"{first}generation = :generation",
            "ExpressionAttributeNames": {"#state": "state", "#reason": "reason", "#before": "before"},
            "ExpressionAttributeValues": {
                ":state": typed(end.state.value),
                ":at": typed(iso(self.now())),
                ":reason": typed(end.reason),
                ":generation": typed(end.generation),
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
        asked = _setting(changed)
        asked["ExpressionAttributeNames"] |= {"#held_state": "state", "#held_lease": "lease_until"}
        asked["ExpressionAttributeValues"] |= {
            ":held_state": typed(held.state.value),
            ":held_lease": typed(held.lease_until),
        }
        try:
            self.client.update_item(
                TableName=self.table,
                Key=_key(held.object_id),
                ConditionExpression="#held_state = :held_state AND #held_lease = :held_lease",
                **asked,
            )
        except self.client.exceptions.ConditionalCheckFailedException as error:
            stands = self.get(held.object_id)
            if all(getattr(stands, name) == value for name, value in changed.items()):
                return  # it was written, and the answer was lost on its way: the client asked twice
            raise LeaseHeld(
                f"ledger {self.table}, object {held.object_id}",
                "the lease ran out, and somebody else took it",
                "What the other one does stands",
            ) from error

    def until(self, seconds: float) -> int:
        """When a lease ends that is taken now, in milliseconds."""
        return self.now() + int(seconds * 1000)


def _key(object_id: str) -> dict[str, dict[str, str]]:
    return {"object_id": typed(object_id)}


def _setting(changed: dict[str, str | int]) -> dict[str, Any]:
    """What sets attributes, as `update_item` wants it."""
    return {
        "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in changed),
        "ExpressionAttributeNames": {f"#{name}": name for name in changed},
        "ExpressionAttributeValues": {f":{name}": typed(value) for name, value in changed.items()},
    }
