"""What a deployment is to do, from what the registry, the endpoint and the model's record say.

Of the executions that want something of an endpoint, one holds it at a time: its record says which. Who comes
while that one runs waits; who comes after it ended without a word clears what it left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tidegate.errors import NotFound
from tidegate.models.executions import runs
from tidegate.models.in_service import TakenBack
from tidegate.models.registry import find_endpoint, registered_sha256
from tidegate.models.rollout import ALARMS, SHADOWS, Version, prepare, straight_back, version_of
from tidegate.models.run import resource_name, version_name
from tidegate.models.ways import Shadow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tidegate.facts import ModelApproved, RollbackRequested
    from tidegate.models.in_service import InService, Records
    from tidegate.models.rollout import Site
    from tidegate.plan import Plan

GONE = ("Failed", "Deleting")  # an endpoint that serves nobody
UNDER_WAY = ("Creating", "Updating", "SystemUpdating", "RollingBack")


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Who asks what is to be done: an execution, started by an event of that time."""

    execution: str
    at: str


@dataclass(frozen=True)
class Deployments:
    """The deployments of one environment; each answer has a `way`.

    `create`, `update`, `shadow` and `nothing` are what is to be done. `wait` says what it `waits_for`,
    `clear` that a shadow is to go first which nobody attends, `superseded` that another version was
    approved later, or this one's approval withdrawn.
    """

    sagemaker: Any
    cloudwatch: Any
    states: Any
    records: Records
    site: Site
    plan: Plan
    ring: Callable[[str], None]

    def out(self, fact: ModelApproved, asking: Asking) -> dict[str, Any]:
        """The roll-out of an approved version.

        Raises:
            Refused: the registry names no hash.
            CommitConflict: another execution asked at the same time.
        """
        model = self.plan.model(fact.model)
        version = self._version(fact.version, fact.package_arn)
        record, superseded = self._wish(fact, version, asking)
        if superseded:
            return superseded
        endpoint = self._endpoint(model.name)
        if hindrance := self._hindrance(endpoint, record, asking):
            return told(fact.model, fact.version, way="wait", waits_for=hindrance)
        config = endpoint.get("EndpointConfigName", "")
        if SHADOWS in config:
            return self._clear(fact.version, endpoint, record)
        there = bool(endpoint) and version_of(config) == fact.version
        if endpoint and not there and (ringing := self._ringing(model.name)):
            return told(fact.model, fact.version, way="wait", waits_for=ringing)
        self.records.put(record, record.begins(fact.version, asking.execution, config))
        if there:
            return prepare(model, version, self.site, way="nothing")
        update = "shadow" if isinstance(model.rollout, Shadow) else "update"
        way, since = update if endpoint else "create", datetime.now(UTC).isoformat()
        return prepare(model, version, self.site, way=way, since=since, before=config)

    def back(self, fact: RollbackRequested, asking: Asking) -> dict[str, Any]:
        """The way back to what served before.

        Raises:
            NotFound: nothing is in service.
            Refused: nothing served before.
            CommitConflict: another execution asked at the same time.
        """
        endpoint, record = self._endpoint(fact.model), self.records.read(fact.model)
        if not endpoint or not record.served:
            raise NotFound(
                f"model {fact.model}",
                "no version of it is in service",
                f"Approve one: tidegate approve {fact.model}",
            )
        because = ": ".join(filter(None, (f"asked for by {fact.asked_by or 'somebody'}", fact.because)))
        if hindrance := self._hindrance(endpoint, record, asking):
            if record.going_in == fact.version:
                hindrance = f"the roll-out of version {fact.version} is being taken back: {hindrance}"
                self._send_back(endpoint, record, because)
            return told(fact.model, fact.version, way="wait", waits_for=hindrance)
        if SHADOWS in endpoint["EndpointConfigName"]:
            return self._clear(fact.version, endpoint, record)
        # gone: the roll-out was taken back before anybody asked for it
        gone = version_of(endpoint["EndpointConfigName"]) != fact.version
        target = record.served[-1] if gone else record.before(fact.version)
        version = self._version(target.version, target.package_arn)
        self.records.put(record, replace(record, going_in=0, unwanted="", held_by=asking.execution))
        model = self.plan.model(fact.model)
        prepared = prepare(model, version, self.site, way="nothing" if gone else "update")
        leaves = {"leaves": fact.version, "because": because, "deployment_config": straight_back()}
        return {**prepared, **leaves}

    def _wish(
        self, fact: ModelApproved, version: Version, asking: Asking
    ) -> tuple[InService, dict[str, Any]]:
        """The record with this wish, and the answer to one that another superseded, or a person withdrew."""
        record = self.records.read(fact.model)
        if not version.approved:
            said = f"the approval of version {fact.version} was withdrawn"
            return record, told(fact.model, fact.version, way="superseded", waits_for=said)
        wishes = record.wishes(fact.version, asking.at)
        if wishes.wished != fact.version:
            said = f"version {wishes.wished} was approved later than version {fact.version}"
            return record, told(fact.model, fact.version, way="superseded", waits_for=said)
        return (record if wishes == record else self.records.put(record, wishes)), {}

    def _endpoint(self, model: str) -> dict[str, Any]:
        return find_endpoint(self.sagemaker, resource_name(self.site.environment, model))

    def _hindrance(self, endpoint: Mapping[str, Any], record: InService, asking: Asking) -> str:
        """Why nothing can be done with the endpoint now, or nothing."""
        status = endpoint.get("EndpointStatus", "")
        if status == "Failed":
            self.sagemaker.delete_endpoint(EndpointName=endpoint["EndpointName"])
        if status in GONE:
            return f"the endpoint {endpoint['EndpointName']} came to nothing, and is being deleted"
        held = self._held(record, asking)
        if status not in UNDER_WAY and not held:
            return ""
        which = f"the roll-out of version {record.going_in}" if record.going_in else "another deployment"
        return f"{which} is under way" + (f" ({record.held_by.rpartition(':')[2]})" if held else "")

    def _held(self, record: InService, asking: Asking) -> bool:
        """Whether another execution is at work."""
        return record.held_by not in ("", asking.execution) and runs(self.states, record.held_by)

    def _send_back(self, endpoint: Mapping[str, Any], record: InService, because: str) -> None:
        """Let SageMaker take a roll-out back that is under way: nobody else can end it."""
        if record.unwanted != because:
            self.records.put(record, replace(record, unwanted=because))
        self.ring(endpoint["EndpointName"])

    def _clear(self, version: int, endpoint: Mapping[str, Any], record: InService) -> dict[str, Any]:
        """A shadow is left whose execution ended without a word: what is in service goes on alone."""
        config = endpoint["EndpointConfigName"]
        if record.going_in:
            taken = TakenBack(
                version=record.going_in,
                back_to=version_of(config),
                reason="its deployment ended while it was a shadow",
                at=datetime.now(UTC).isoformat(timespec="seconds"),
            )
            self.records.put(record, record.went_back(taken))
        # a record of before configurations had names of their own has none
        alone = record.alone or version_name(self.site.environment, record.model, version_of(config))
        waits_for = "a shadow that nobody attends is removed"
        return {
            **told(record.model, version, way="clear", waits_for=waits_for),
            "endpoint": endpoint["EndpointName"],
            "shadow": {"before": alone, "end": straight_back()},
        }

    def _ringing(self, model: str) -> str:
        """An alarm that rings before a roll-out begins would take it back, and say nothing about it."""
        names = [f"{resource_name(self.site.environment, model)}-{kind}" for kind in ALARMS]
        found = self.cloudwatch.describe_alarms(AlarmNames=names, StateValue="ALARM")["MetricAlarms"]
        ringing = ", ".join(alarm["AlarmName"] for alarm in found)
        return ringing and f"what is in service rings now: {ringing}"

    def _version(self, version: int, package_arn: str) -> Version:
        package = self.sagemaker.describe_model_package(ModelPackageName=package_arn)
        container = package["InferenceSpecification"]["Containers"][0]
        return Version(
            version=version,
            package_arn=package_arn,
            image=container["Image"],
            model_data=container["ModelDataUrl"],
            sha256=registered_sha256(package),
            approved=package["ModelApprovalStatus"] == "Approved",
        )


def told(model: str, version: int, *, way: str, waits_for: str) -> dict[str, Any]:
    """An answer by which nothing is done yet, or at all."""
    return {"model": model, "version": version, "leaves": 0, "way": way, "waits_for": waits_for}
