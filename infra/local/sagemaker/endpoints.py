"""Endpoints: what may be asked of one in which state; `transitions` takes it from there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from infra.local.sagemaker import capacity
from infra.local.sagemaker.announce import shown_fleet
from infra.local.sagemaker.faults import invalid, not_implemented
from infra.local.sagemaker.instance import forget
from infra.local.sagemaker.invocations import missing
from infra.local.sagemaker.rolling import Rolling
from infra.local.sagemaker.rollout import Rollout
from infra.local.sagemaker.store import Record, page
from infra.local.sagemaker.traffic import Traffic
from infra.local.sagemaker.transitions import Plan, Transitions

if TYPE_CHECKING:
    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.configs import EndpointConfigs
    from infra.local.sagemaker.models import Models

UPDATABLE = ("InService", "Failed")
NOT_SERVING = ("Creating", "Failed", "Deleting", "OutOfService")
DELETABLE = ("InService", "Failed", "OutOfService", "UpdateRollbackFailed")


class Endpoints:
    """CreateEndpoint and its companions."""

    noun = "endpoint"

    def __init__(self, parts: Parts, configs: EndpointConfigs, models: Models) -> None:
        self.parts = parts
        self._configs = configs
        self.traffic: dict[str, Traffic] = {}
        self._transitions = Transitions(parts, configs, models, self.traffic, self.describe)

    def create(self, request: Record) -> Record:
        """CreateEndpoint."""
        name = request["EndpointName"]
        arn = self.parts.config.arn(self.noun, name)
        config = self._configs.get(request["EndpointConfigName"])
        self._how(request.get("DeploymentConfig", {}), config, config)
        now = time.time()
        with self.parts.store.lock:
            if self.parts.store.find(self.noun, name):
                raise invalid(f'Cannot create already existing endpoint "{arn}".')
            endpoint = self.parts.store.put(
                self.noun,
                name,
                {
                    "EndpointName": name,
                    "EndpointArn": arn,
                    "EndpointConfigName": request["EndpointConfigName"],
                    "EndpointStatus": "Creating",
                    "CreationTime": now,
                    "LastModifiedTime": now,
                },
            )
            self.traffic[name] = Traffic()
            self.parts.tag(arn, request.get("Tags", []))
        self._transitions.begin(self._transitions.start, endpoint)
        return {"EndpointArn": arn}

    def describe(self, request: Record) -> Record:
        """DescribeEndpoint."""
        endpoint = self.get(request["EndpointName"])
        traffic = self.traffic.get(endpoint["EndpointName"])
        fleet = traffic.live if traffic else None
        return {**endpoint, **(shown_fleet(fleet) if fleet else {})}

    def update(self, request: Record) -> Record:
        """UpdateEndpoint."""
        endpoint = self.get(request["EndpointName"])
        config = self._configs.get(request["EndpointConfigName"])
        with self.parts.store.lock:
            self._check_status(endpoint, UPDATABLE)
            current = self._current(endpoint)
            changed = capacity.retained(request, current, config)
            deployment = request.get("DeploymentConfig")
            if deployment is None and request.get("RetainDeploymentConfig"):
                deployment = endpoint.get("LastDeploymentConfig")
            how = self._how(deployment or {}, current, capacity.effective(config, changed))
            if deployment:
                endpoint["LastDeploymentConfig"] = deployment
            endpoint.pop("FailureReason", None)
            pending = {"EndpointConfigName": request["EndpointConfigName"], "StartTime": time.time()}
            self.parts.store.change(endpoint, EndpointStatus="Updating", PendingDeploymentSummary=pending)
        plan = Plan(request["EndpointConfigName"], changed, how)
        self._transitions.begin(self._transitions.update, endpoint, plan)
        return {"EndpointArn": endpoint["EndpointArn"]}

    def update_weights(self, request: Record) -> Record:
        """UpdateEndpointWeightsAndCapacities."""
        endpoint = self.get(request["EndpointName"])
        wanted = request["DesiredWeightsAndCapacities"]
        with self.parts.store.lock:
            self._check_status(endpoint, ("InService",))
            capacity.check(self._current(endpoint), wanted)
            endpoint.pop("FailureReason", None)
            self.parts.store.change(endpoint, EndpointStatus="Updating")
        self._transitions.begin(self._transitions.resize, endpoint, wanted)
        return {"EndpointArn": endpoint["EndpointArn"]}

    def delete(self, request: Record) -> Record:
        """DeleteEndpoint."""
        endpoint = self.get(request["EndpointName"])
        with self.parts.store.lock:
            self._check_status(endpoint, DELETABLE)
            self.parts.store.change(endpoint, EndpointStatus="Deleting")
        self._transitions.begin(self._transitions.delete, endpoint)
        return {}

    def list_page(self, request: Record) -> Record:
        """ListEndpoints."""
        kept = ("EndpointName", "EndpointArn", "CreationTime", "LastModifiedTime", "EndpointStatus")
        every = self.parts.store.every(self.noun)
        return page(request, every, "Endpoints", lambda found: {key: found[key] for key in kept}, kept[0])

    def get(self, name: str) -> Record:
        """The endpoint of that name."""
        found = self.parts.store.find(self.noun, name)
        if found is None:
            raise invalid(f'Could not find endpoint "{self.parts.config.arn(self.noun, name)}".')
        return found

    def serving(self, name: str) -> Record:
        """The configuration with which an endpoint answers calls, or will.

        Raises:
            ApiError: the runtime knows no such endpoint.
        """
        endpoint = self.parts.store.find(self.noun, name)
        if endpoint is None or endpoint["EndpointStatus"] in NOT_SERVING:
            raise missing(self.parts, name)
        return self._current(endpoint)

    def bring_back(self) -> None:
        """After a restart: start again what was in service, with the configuration that was."""
        forget(self.parts.config.root / "endpoint")  # what the containers before the restart left
        for endpoint in self.parts.store.every(self.noun):
            name = endpoint["EndpointName"]
            if endpoint["EndpointStatus"] == "Deleting":
                self.parts.store.remove(self.noun, name)
                continue
            endpoint.pop("PendingDeploymentSummary", None)
            self.traffic[name] = Traffic()
            if endpoint["EndpointStatus"] != "Failed":
                self.parts.store.change(endpoint, EndpointStatus="SystemUpdating")
                self._transitions.begin(self._transitions.revive, endpoint)

    def kill(self) -> None:
        """End every process at once."""
        for traffic in list(self.traffic.values()):
            for fleet in traffic.close():
                fleet.kill()
        self.traffic.clear()

    def _current(self, endpoint: Record) -> Record:
        """The configuration in service, with what was changed of it."""
        traffic = self.traffic.get(endpoint["EndpointName"])
        if traffic and traffic.live:
            return traffic.live.config
        return capacity.effective(
            self._configs.get(endpoint["EndpointConfigName"]), endpoint.get("_changed", {})
        )

    def _check_status(self, endpoint: Record, allowed: tuple[str, ...]) -> None:
        if endpoint["EndpointStatus"] not in allowed:
            raise invalid(f'Cannot update in-progress endpoint "{endpoint["EndpointArn"]}".')

    def _how(self, deployment: Record, old: Record, new: Record) -> Rollout | Rolling:
        """How an update is rolled out, refused where AWS refuses it.

        https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html
        """
        if deployment and _names(old) != _names(new):
            raise invalid("With a DeploymentConfig, the new configuration has the variants of the old one")
        if _serverless(new) and not _serverless(old):
            raise invalid("An endpoint on instances cannot be updated to a serverless one")
        if ("AsyncInferenceConfig" in old) != ("AsyncInferenceConfig" in new):
            raise not_implemented("An update between a real-time and an asynchronous endpoint")
        scale = self.parts.config.time_scale
        if "RollingUpdatePolicy" not in deployment:
            how = Rollout(deployment, scale)
            if how.gradual and (_serverless(old) or _serverless(new)):
                raise invalid("A serverless endpoint is updated ALL_AT_ONCE")
            return how
        if "BlueGreenUpdatePolicy" in deployment:
            raise invalid("BlueGreenUpdatePolicy and RollingUpdatePolicy exclude each other")
        if _serverless(old) or _serverless(new):
            raise invalid("A rolling update is not for serverless endpoints")
        if len(_names(new)) > 1:
            raise invalid("A rolling update is not for endpoints of several variants")
        return Rolling(deployment, new["ProductionVariants"][0]["InitialInstanceCount"], scale)


def _names(config: Record) -> set[str]:
    return {variant["VariantName"] for variant in config["ProductionVariants"]}


def _serverless(config: Record) -> bool:
    return any("ServerlessConfig" in variant for variant in config["ProductionVariants"])
