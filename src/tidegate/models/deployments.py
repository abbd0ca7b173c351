"""What a deployment is to do, from what the registry, the endpoint and the model's record say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tidegate.errors import NotFound, Transient
from tidegate.models.registry import find_endpoint, registered_sha256
from tidegate.models.rollout import ALARMS, SHADOWS, Version, prepare, straight_back
from tidegate.models.run import resource_name, version_name
from tidegate.models.ways import Shadow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tidegate.facts import ModelApproved, RollbackRequested
    from tidegate.models.in_service import Records
    from tidegate.models.rollout import Site
    from tidegate.plan import Plan

UNDER_WAY = ("Creating", "Updating", "SystemUpdating", "RollingBack")


@dataclass(frozen=True)
class Deployments:
    """The deployments of one environment."""

    sagemaker: Any
    cloudwatch: Any
    records: Records
    site: Site
    plan: Plan
    ring: Callable[[str], None]

    def out(self, fact: ModelApproved) -> dict[str, Any]:
        """The roll-out of an approved version.

        Raises:
            Refused: the registry names no hash.
            Transient: another deployment is under way, a failed endpoint is in the way, or an alarm rings
                that would take any roll-out back.
        """
        model = self.plan.model(fact.model)
        endpoint = self._endpoint(model.name)
        if endpoint.get("EndpointStatus") == "Failed":
            self.sagemaker.delete_endpoint(EndpointName=endpoint["EndpointName"])
        if endpoint.get("EndpointStatus") in ("Failed", "Deleting"):
            raise Transient(
                f"the endpoint {endpoint['EndpointName']}",
                "it came to nothing, serves nobody, and is being deleted",
                "The deployment goes on once it is gone",
            )
        if endpoint.get("EndpointStatus") in UNDER_WAY or SHADOWS in endpoint.get("EndpointConfigName", ""):
            raise Transient(
                f"the endpoint {endpoint['EndpointName']}",
                f"another deployment is under way ({endpoint['EndpointStatus']})",
                f"See: tidegate models {model.name}",
            )
        version = self._version(fact.version, fact.package_arn)
        if endpoint and _in_service(endpoint) == fact.version:
            return prepare(model, version, self.site, way="nothing")
        if endpoint:
            self._hear_no_alarm(model.name)
        self.records.change(model.name, lambda now: now.begins(fact.version))
        live = version_name(self.site.environment, model.name, _in_service(endpoint)) if endpoint else ""
        update = "shadow" if isinstance(model.rollout, Shadow) else "update"
        way, since = update if endpoint else "create", datetime.now(UTC).isoformat()
        return prepare(model, version, self.site, way=way, since=since, live=live)

    def back(self, fact: RollbackRequested) -> dict[str, Any]:
        """The way back to what served before.

        Raises:
            NotFound: nothing is in service.
            Refused: nothing served before.
            Transient: the roll-out under way is being taken back, or is another version's, whose end decides.
        """
        endpoint, now = self._endpoint(fact.model), self.records.read(fact.model)
        if not endpoint or not now.served:
            raise NotFound(f"model {fact.model}", "no version of it is in service", "Approve one first")
        because = ": ".join(filter(None, (f"asked for by {fact.asked_by or 'somebody'}", fact.because)))
        if endpoint["EndpointStatus"] in UNDER_WAY or SHADOWS in endpoint["EndpointConfigName"]:
            said = f"the roll-out of version {now.going_in} is under way, and nobody asked that it leave"
            if now.going_in == fact.version:
                self.records.change(fact.model, lambda record: replace(record, unwanted=because))
                self.ring(endpoint["EndpointName"])
                said = "the roll-out under way is being taken back"
            raise Transient(
                f"the endpoint {endpoint['EndpointName']}",
                f"{said} ({endpoint['EndpointStatus']})",
                f"See: tidegate models {fact.model}",
            )
        gone = (
            _in_service(endpoint) != fact.version
        )  # the roll-out was taken back before anybody asked for it
        target = now.served[-1] if gone else now.before(fact.version)
        version = self._version(target.version, target.package_arn)
        model = self.plan.model(fact.model)
        prepared = prepare(model, version, self.site, way="nothing" if gone else "update")
        leaves = {"leaves": fact.version, "because": because, "deployment_config": straight_back()}
        return {**prepared, **leaves}

    def _endpoint(self, model: str) -> dict[str, Any]:
        return find_endpoint(self.sagemaker, resource_name(self.site.environment, model))

    def _hear_no_alarm(self, model: str) -> None:
        """An alarm that rings before a roll-out begins would take it back, and say nothing about it."""
        names = [f"{resource_name(self.site.environment, model)}-{kind}" for kind in ALARMS]
        found = self.cloudwatch.describe_alarms(AlarmNames=names, StateValue="ALARM")["MetricAlarms"]
        if ringing := ", ".join(alarm["AlarmName"] for alarm in found):
            raise Transient(
                f"model {model}",
                f"what is in service rings now: {ringing}",
                f"Wait until it is quiet, or go back first: tidegate rollback {model}",
            )

    def _version(self, version: int, package_arn: str) -> Version:
        package = self.sagemaker.describe_model_package(ModelPackageName=package_arn)
        container = package["InferenceSpecification"]["Containers"][0]
        return Version(
            version=version,
            package_arn=package_arn,
            image=container["Image"],
            model_data=container["ModelDataUrl"],
            sha256=registered_sha256(package),
        )


def _in_service(endpoint: Mapping[str, Any]) -> int:
    """The version that a configuration's name ends with."""
    return int(endpoint["EndpointConfigName"].rpartition("-v")[2])
