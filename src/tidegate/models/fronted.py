"""Deployments of a serverless model: each version has its own endpoint, and a share at our front."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tidegate.errors import NotFound
from tidegate.models.deployments import GONE, Asking, Deployments, told
from tidegate.models.in_service import TakenBack
from tidegate.models.registry import find_endpoint
from tidegate.models.run import version_name
from tidegate.models.shares import STRAIGHT, course, prepare_shift
from tidegate.models.shifting import WATCHED

if TYPE_CHECKING:
    from tidegate.facts import ModelApproved, RollbackRequested
    from tidegate.models.in_service import InService


class FrontDeployments(Deployments):
    """The deployments of one environment that end at our front.

    `front` is the way of what is to be done; `wait`, `nothing` and `superseded` mean what they do elsewhere.
    """

    def out(self, fact: ModelApproved, asking: Asking) -> dict[str, Any]:
        """The roll-out of an approved version.

        Raises:
            Refused: the registry names no hash.
            CommitConflict: another execution asked at the same time.
        """
        model, now = self.plan.model(fact.model), datetime.now(UTC)
        version = self._version(fact.version, fact.package_arn)
        record, superseded = self._wish(fact, version, asking)
        if superseded:
            return superseded
        own = version_name(self.site.environment, fact.model, fact.version)
        same = bool(record.served) and record.served[-1].endpoint == own
        hindrance = self._under_way(record, asking) or self._came_to_nothing(own)
        if record.version and not same:  # there is something that could ring, and be gone back to
            hindrance = hindrance or self._ringing(model.name)
        if hindrance:
            return told(fact.model, fact.version, way="wait", waits_for=hindrance)
        if record.going_in not in (0, fact.version) and not record.leaves:
            record = self._end(record, record.going_in, "its deployment ended without a word", now)
        self._begin(record, fact.version, asking, now)
        if same and find_endpoint(self.sagemaker, own).get("EndpointStatus") == "InService":
            return self._held_by(asking, prepare_shift(model, version, self.site, (), way="nothing"))
        steps = course(model.rollout) if record.version and not same else STRAIGHT
        return self._held_by(asking, prepare_shift(model, version, self.site, steps, since=now.isoformat()))

    def back(self, fact: RollbackRequested, asking: Asking) -> dict[str, Any]:
        """The way back to what served before.

        Raises:
            NotFound: nothing is in service.
            Refused: nothing served before.
            CommitConflict: another execution asked at the same time.
        """
        record, now = self.records.read(fact.model), datetime.now(UTC)
        if not record.served:
            raise NotFound(
                f"model {fact.model}",
                "no version of it is in service",
                f"Approve one: tidegate approve {fact.model}",
            )
        because = ": ".join(filter(None, (f"asked for by {fact.asked_by or 'somebody'}", fact.because)))
        if hindrance := self._under_way(record, asking):
            if record.going_in == fact.version:
                hindrance = f"the roll-out of version {fact.version} is being taken back: {hindrance}"
                self.records.put(record, replace(record, unwanted=because))
            return told(fact.model, fact.version, way="wait", waits_for=hindrance)
        gone = record.version != fact.version  # it was taken back, or its execution ended without a word
        target = record.served[-1] if gone else record.before(fact.version)
        own = version_name(self.site.environment, fact.model, target.version)
        if not gone and (hindrance := self._came_to_nothing(own)):
            return told(fact.model, fact.version, way="wait", waits_for=hindrance)
        version = self._version(target.version, target.package_arn)
        if not gone:
            self._begin(record, target.version, asking, now, leaves=fact.version)
        elif record.going_in == fact.version:
            self._end(record, fact.version, because, now)
        steps, way = ((), "nothing") if gone else (STRAIGHT, "front")
        prepared = prepare_shift(self.plan.model(fact.model), version, self.site, steps, way=way)
        return {**self._held_by(asking, prepared), "leaves": fact.version, "because": because}

    def _under_way(self, record: InService, asking: Asking) -> str:
        if not self._held(record, asking):
            return ""
        which = f"the roll-out of version {record.going_in}" if record.going_in else "another deployment"
        return f"{which} is under way ({record.held_by.rpartition(':')[2]})"

    def _came_to_nothing(self, endpoint: str) -> str:
        """An endpoint that serves nobody goes before another one has its name."""
        status = find_endpoint(self.sagemaker, endpoint).get("EndpointStatus")
        if status == "Failed":
            self.sagemaker.delete_endpoint(EndpointName=endpoint)
        return f"the endpoint {endpoint} serves nobody, and is being deleted" if status in GONE else ""

    def _begin(self, record: InService, version: int, asking: Asking, now: datetime, leaves: int = 0) -> None:
        until = (now + WATCHED).isoformat()
        begun = record.begins(version, asking.execution, watched_until=until, leaves=leaves)
        self.records.put(record, begun)

    def _end(self, record: InService, version: int, because: str, now: datetime) -> InService:
        """A roll-out whose execution ended without a word is over at once, and not when its share lapses."""
        at = now.isoformat(timespec="seconds")
        taken = TakenBack(version=version, back_to=record.version, reason=because, at=at)
        return self.records.put(record, record.went_back(taken))

    def _held_by(self, asking: Asking, prepared: dict[str, Any]) -> dict[str, Any]:
        return {**prepared, "execution": asking.execution}
