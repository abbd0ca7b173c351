"""What a model has in service, had before, and what is on its way in: one item for each model.

It is written by who has asked the endpoint, so that the versions in it did answer; it is replaced only by who
has read what it replaces.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tidegate.errors import CommitConflict, Refused
from tidegate.models.run import resource_name

if TYPE_CHECKING:
    from collections.abc import Callable

REMEMBERED = 20  # versions, and roll-outs that were taken back


@dataclass(frozen=True, kw_only=True)
class Served:
    """A version that answered."""

    version: int
    package_arn: str
    endpoint: str = ""  # its own; empty: it answered at the endpoint that has the model's name


@dataclass(frozen=True, kw_only=True)
class TakenBack:
    """A version that had to leave, and why."""

    version: int
    back_to: int
    reason: str
    at: str = ""


@dataclass(frozen=True, kw_only=True)
class InService:
    """One model's record."""

    model: str
    served: tuple[Served, ...] = ()  # in their order; the last one is in service
    going_in: int = 0  # the version whose roll-out is under way
    leaves: int = 0  # the version that leaves, where that one is on its way back
    unwanted: str = ""  # why a person wants it to be taken back, or nothing
    taken_back: tuple[TakenBack, ...] = ()
    idle: str = ""  # since when nobody asks the endpoint, and what it costs, or nothing
    off: bool = False  # whether it was switched off for that
    held_by: str = ""  # the execution that may change the endpoint, while it runs
    alone: str = ""  # the configuration to which the endpoint goes back from a shadow
    wished: int = 0  # the version that was approved last
    wished_at: str = ""  # when, as the bus says; its times sort as text
    share: int = 0  # percent of the requests that the version on its way in answers, at our front
    copies: int = 0  # percent that it gets copies of, as a shadow
    watched_until: str = ""  # ISO 8601: unless somebody looks by then, the share lapses
    revision: int = field(default=0, compare=False)

    @property
    def version(self) -> int:
        """The version in service, or 0."""
        return self.served[-1].version if self.served else 0

    def endpoint(self, environment: str) -> str:
        """The endpoint of the version in service: its own, or else the one that has the model's name."""
        own = self.served[-1].endpoint if self.served else ""
        return own or resource_name(environment, self.model)

    def shifting(self, now: datetime) -> int:
        """The version to which our front shifts requests, or 0: a roll-out that nobody watches is over."""
        watched = bool(self.watched_until) and now < datetime.fromisoformat(self.watched_until)
        return self.going_in if watched else 0

    def shifted(self, now: datetime) -> int:
        """The percent of the requests that the version on its way in answers at our front."""
        return self.share if self.shifting(now) else 0

    def before(self, leaving: int) -> Served:
        """What served before `leaving` did.

        Raises:
            Refused: nothing did.
        """
        found = [one for one in self._without(leaving).served if one.version != leaving]
        if not found:
            raise Refused(
                f"model {self.model}",
                f"no version served before version {leaving}",
                f"Promote another one: tidegate models {self.model}",
            )
        return found[-1]

    def wishes(self, version: int, at: str) -> InService:
        """`version` was approved, then; what was approved later stays the last wish."""
        later = max((at, version), (self.wished_at, self.wished))
        return replace(self, wished=later[1], wished_at=later[0])

    def begins(
        self,
        version: int,
        held_by: str = "",
        alone: str = "",
        *,
        watched_until: str = "",
        leaves: int = 0,
    ) -> InService:
        """The roll-out of `version` begins, by that execution, from that configuration; or its way back."""
        settled = self.settled(self.going_in)
        begun = replace(settled, going_in=version, leaves=leaves, held_by=held_by, alone=alone)
        return replace(begun, watched_until=watched_until)

    def answers(self, version: int, package_arn: str, endpoint: str = "") -> InService:
        """`version` was rolled out, and answers."""
        told = Served(version=version, package_arn=package_arn, endpoint=endpoint)
        before = self.served[:-1] if self.version == version else self.served
        return replace(self.settled(version), served=(*before, told)[-REMEMBERED:], idle="", off=False)

    def went_back(self, taken: TakenBack) -> InService:
        """A version left, and what served before it answers; said again, it changes nothing."""
        known = [(one.version, one.back_to) for one in self.taken_back[-1:]]
        open_still = self.version == taken.version or self.going_in in (taken.version, taken.back_to)
        if (taken.version, taken.back_to) in known and not open_still:
            return self
        left = self._without(taken.version) if self.version == taken.version else self
        settled = left.settled(taken.version, taken.back_to)
        return replace(settled, taken_back=(*self.taken_back, taken)[-REMEMBERED:])

    def settled(self, *versions: int) -> InService:
        """The roll-out of one of these is over; another one's goes on."""
        if self.going_in not in (0, *versions):
            return self
        over = replace(self, going_in=0, leaves=0, unwanted="", held_by="")
        return replace(over, share=0, copies=0, watched_until="")

    def _without(self, leaving: int) -> InService:
        served = self.served
        while served and served[-1].version == leaving:
            served = served[:-1]
        return replace(self, served=served)


def leaving(record: InService, status: str, config: str, now: datetime) -> int:
    """The version that a rollback means: the one on its way in while it is, else the one in service.

    One that is on its way back is not meant: who asks for it again, means the version that leaves.
    """
    if record.leaves:
        return record.leaves
    updated = status in ("Updating", "RollingBack") or "-shadows-" in config
    unverified = config.endswith(f"-v{record.going_in}")  # its execution ended before it could ask
    under_way = updated or unverified or record.shifting(now)
    return record.going_in if record.going_in and under_way else record.version


@dataclass(frozen=True)
class Records:
    """The records of one environment."""

    dynamodb: Any
    table: str

    def read(self, model: str) -> InService:
        """The model's record; an empty one when nothing ever served."""
        found = self.dynamodb.get_item(
            TableName=self.table, Key={"model": {"S": model}}, ConsistentRead=True
        ).get("Item")
        if not found:
            return InService(model=model)
        return _from_json(found["told"]["S"], int(found["revision"]["N"]))

    def change(self, model: str, how: Callable[[InService], InService]) -> InService:
        """Replace the model's record by what `how` makes of it.

        Raises:
            CommitConflict: somebody else changed it meanwhile.
        """
        before = self.read(model)
        return self.put(before, how(before))

    def put(self, before: InService, after: InService) -> InService:
        """Replace a record that was read.

        Raises:
            CommitConflict: somebody else changed it meanwhile.
        """
        after = replace(after, revision=before.revision + 1)
        item = {
            "model": {"S": after.model},
            "revision": {"N": str(after.revision)},
            "told": {"S": _to_json(after)},
        }
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item=item,
                ConditionExpression="attribute_not_exists(revision) OR revision = :before",
                ExpressionAttributeValues={":before": {"N": str(before.revision)}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise CommitConflict(
                f"the record of {after.model}", "it was changed at the same time", "Try again"
            ) from error
        return after


def _to_json(record: InService) -> str:
    return json.dumps(asdict(record), separators=(",", ":"))


def _from_json(text: str, revision: int) -> InService:
    """Fields that we do not know are left alone."""
    told = json.loads(text)
    known = {one.name: told[one.name] for one in fields(InService) if one.name in told}
    return InService(
        **{
            **known,
            "served": tuple(Served(**one) for one in known.get("served", ())),
            "taken_back": tuple(TakenBack(**one) for one in known.get("taken_back", ())),
            "revision": revision,
        }
    )
