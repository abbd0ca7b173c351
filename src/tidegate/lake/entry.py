"""One item of the ledger as a value, and its way to DynamoDB's form and back."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from tidegate.lake import layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidegate.lake.landed import LandedObject

Item = dict[str, Any]  # DynamoDB's typed form: {"name": {"S": "text"}}


class State(StrEnum):
    """How far an object version has come."""

    CLAIMED = "claimed"
    VALIDATED = "validated"
    TRANSFORMED = "transformed"
    PUBLISHED = "published"
    PARTLY_PUBLISHED = "partly_published"
    QUARANTINED = "quarantined"
    IGNORED = "ignored"

    @property
    def is_terminal(self) -> bool:
        """Whether nothing more will happen to the object."""
        return self in {State.PUBLISHED, State.PARTLY_PUBLISHED, State.QUARANTINED, State.IGNORED}


# What a replay puts in question.
_STANDS = (
    "state",
    "dataset",
    "total_rows",
    "good_rows",
    "bad_rows",
    "broken_rows",
    "reason",
    "contract_version",
)


class End(NamedTuple):
    """What one object came to with a commit."""

    object_id: str
    generation: int
    state: State
    reason: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What the ledger knows of one object version."""

    object_id: str
    state: State
    bucket: str = ""
    key: str = ""
    version_id: str = ""
    etag: str = ""
    size: int = 0
    dataset: str = ""
    landed_at: str = ""
    claimed_at: str = ""
    lease_until: int = 0  # milliseconds since 1970; also the proof of who holds the lease
    claimed_by: str = ""  # names the claim, so that its own request, sent twice, is known again
    attempts: int = 0
    total_rows: int = 0
    good_rows: int = 0
    bad_rows: int = 0
    reason: str = ""
    contract_version: str = ""
    drift: str = ""  # how its columns differ from the contract's
    drifts_first_seen: int = 0  # changes among them that no file before it had
    updated_at: str = ""
    waiting_for: str = ""
    waiting_since: str = ""
    broken_rows: int = 0  # of the bad rows: those that the dataset's own step broke
    generation: int = 0  # how often a replay of it was begun
    stands: int = 0  # the generation whose outcome stands
    committed: int = 0  # the generation whose rows the table has: one that found nothing new has made none
    before: str = ""  # while a replay is under way: what stands until it is complete, as JSON
    retract: int = 0  # 1: the replay may take published rows out of the table
    recovered_rows: int = 0  # of the last replay: published by it, and not before
    retracted_rows: int = 0  # of the last replay: published before, and not since
    original: str = ""  # its key in quarantine, where a replay found that it has left the landing bucket
    note: str = ""  # why the last replay changed nothing
    asked_by: str = ""
    discarded_at: str = ""  # somebody decided that what is in quarantine is not needed
    discarded_by: str = ""
    discarded_why: str = ""

    @classmethod
    def claimed(cls, landed: LandedObject, now_ms: int, lease_until: int) -> Entry:
        """The entry of an object that nobody has seen before."""
        return cls(
            object_id=landed.object_id,
            state=State.CLAIMED,
            bucket=landed.bucket,
            key=landed.key,
            version_id=landed.version_id,
            etag=landed.etag,
            size=landed.size,
            dataset=landed.dataset,
            landed_at=landed.landed_at,
            claimed_at=iso(now_ms),
            updated_at=iso(now_ms),
            lease_until=lease_until,
            attempts=1,
        )

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Entry:
        """Read an entry from DynamoDB's form; attributes we do not know are left alone."""
        known = cls.__dataclass_fields__
        values: dict[str, Any] = {name: _plain(value) for name, value in item.items() if name in known}
        return cls(**{**values, "state": State(values["state"])})

    @property
    def edition(self) -> str:
        """The name of what is being made of it, or was made last."""
        return layout.edition(self.object_id, self.generation)

    @property
    def standing(self) -> Entry:
        """The entry as it stands: while a replay is under way, as it was before."""
        if not self.before:
            return self
        was = json.loads(self.before)
        return replace(self, **{**was, "state": State(was["state"])}, before="")

    @property
    def standing_edition(self) -> str:
        """The name of the quarantine's evidence that stands."""
        return layout.edition(self.object_id, self.stands)

    @property
    def is_in_table(self) -> bool:
        """Whether rows of it are published."""
        return self.standing.state in {State.PUBLISHED, State.PARTLY_PUBLISHED}

    def told_before(self) -> str:
        """What stands, as the attribute `before` keeps it."""
        return json.dumps({name: getattr(self, name) for name in _STANDS})

    def item(self) -> Item:
        """The entry in DynamoDB's form, without what is empty: an empty text cannot be an index's key."""
        return {
            name: typed(value)
            for name in self.__dataclass_fields__
            if (value := getattr(self, name)) not in ("", 0)
        }


def typed(value: str | int) -> dict[str, str]:
    """A text or a number in DynamoDB's form."""
    return {"N": str(value)} if isinstance(value, int) else {"S": str(value)}


def iso(now_ms: int) -> str:
    """A time in milliseconds as ISO 8601 text, UTC."""
    return (
        datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def _plain(value: Mapping[str, Any]) -> str | int:
    return int(value["N"]) if "N" in value else str(value["S"])
