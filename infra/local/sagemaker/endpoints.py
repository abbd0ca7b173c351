"""Endpoints: created, updated by a roll-out with a way back, deleted, and brought back after a restart."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from infra.local.sagemaker.announce import ENDPOINT_EVENT, endpoint_detail, shown_variant
from infra.local.sagemaker.faults import ApiError, invalid
from infra.local.sagemaker.files import BadArchiveError
from infra.local.sagemaker.fleet import Fleet, UnhealthyError, launch
from infra.local.sagemaker.rollout import RolledBackError, Rollout
from infra.local.sagemaker.store import Record, page
from infra.local.sagemaker.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.models import EndpointConfigs, Models

_log = logging.getLogger(__name__)
RETRY_SECONDS = (0.2, 0.5, 1, 2, 4)


class Endpoints:
    """CreateEndpoint and its companions."""

    noun = "endpoint"

    def __init__(self, parts: Parts, configs: EndpointConfigs, models: Models) -> None:
        self.parts = parts
        self._configs = configs
        self._models = models
        self.traffic: dict[str, Traffic] = {}

    def create(self, request: Record) -> Record:
        """CreateEndpoint."""
        name = request["EndpointName"]
        arn = self.parts.config.arn(self.noun, name)
        self._configs.get(request["EndpointConfigName"])
        Rollout(request.get("DeploymentConfig", {}), 1)
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
        self._in_background(self._start, endpoint)
        return {"EndpointArn": arn}

    def describe(self, request: Record) -> Record:
        """DescribeEndpoint."""
        endpoint = self.get(request["EndpointName"])
        traffic = self.traffic.get(endpoint["EndpointName"])
        variants = traffic.live.variants if traffic and traffic.live else []
        return {
            **endpoint,
            **({"ProductionVariants": [shown_variant(each) for each in variants]} if variants else {}),
        }

    def update(self, request: Record) -> Record:
        """UpdateEndpoint."""
        endpoint = self.get(request["EndpointName"])
        self._configs.get(request["EndpointConfigName"])
        rollout = Rollout(request.get("DeploymentConfig", {}), self.parts.config.time_scale)
        with self.parts.store.lock:
            if endpoint["EndpointStatus"] not in ("InService", "Failed"):
                raise invalid(f'Cannot update in-progress endpoint "{endpoint["EndpointArn"]}".')
            if "DeploymentConfig" in request:
                endpoint["LastDeploymentConfig"] = request["DeploymentConfig"]
            endpoint.pop("FailureReason", None)
            self.parts.store.change(endpoint, EndpointStatus="Updating")
        self._in_background(self._update, endpoint, request["EndpointConfigName"], rollout)
        return {"EndpointArn": endpoint["EndpointArn"]}

    def delete(self, request: Record) -> Record:
        """DeleteEndpoint."""
        endpoint = self.get(request["EndpointName"])
        with self.parts.store.lock:
            if endpoint["EndpointStatus"] in (
                "Creating",
                "Updating",
                "RollingBack",
                "SystemUpdating",
                "Deleting",
            ):
                raise invalid(f'Cannot update in-progress endpoint "{endpoint["EndpointArn"]}".')
            self.parts.store.change(endpoint, EndpointStatus="Deleting")
        self._in_background(self._delete, endpoint)
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

    def bring_back(self) -> None:
        """After a restart: start again what was in service, with the configuration that was."""
        for endpoint in self.parts.store.every(self.noun):
            name = endpoint["EndpointName"]
            if endpoint["EndpointStatus"] == "Deleting":
                self.parts.store.remove(self.noun, name)
                continue
            self.traffic[name] = Traffic()
            if endpoint["EndpointStatus"] != "Failed":
                self.parts.store.change(endpoint, EndpointStatus="SystemUpdating")
                self._in_background(self._bring_one_back, endpoint)

    def kill(self) -> None:
        """End every process at once."""
        for traffic in list(self.traffic.values()):
            for fleet in traffic.close():
                fleet.kill()
        self.traffic.clear()

    def _launch(self, endpoint: Record, config_name: str) -> Fleet:
        config = self._configs.get(config_name)
        models = {
            each["ModelName"]: self._models.get(each["ModelName"]) for each in config["ProductionVariants"]
        }
        return launch(self.parts, endpoint["EndpointName"], config, models)

    def _try_to_launch(self, endpoint: Record, config_name: str) -> Fleet | str:
        """The fleet, or why there is none."""
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return self._launch(endpoint, config_name)
        except (UnhealthyError, BadArchiveError) as failure:
            return str(failure)
        except ApiError as failure:
            return failure.what
        except (ClientError, BotoCoreError, Boto3Error, OSError) as error:
            _log.warning("endpoint %s: %s", endpoint["EndpointName"], error)
            return f"Failed to download model data or to start the container: {error}"

    def _start(self, endpoint: Record) -> None:
        self._say(endpoint)
        fleet = self._try_to_launch(endpoint, endpoint["EndpointConfigName"])
        if isinstance(fleet, str):
            self._set(endpoint, "Failed", fleet)
            return
        self._serve(endpoint, fleet)
        self._set(endpoint, "InService")

    def _update(self, endpoint: Record, config_name: str, rollout: Rollout) -> None:
        self._say(endpoint)
        traffic = self.traffic[endpoint["EndpointName"]]
        fleet = self._try_to_launch(endpoint, config_name)
        if isinstance(fleet, str):
            self._set(endpoint, "InService" if traffic.live else "Failed", fleet)
            return
        before = traffic.live
        try:
            if before:
                rollout.run(
                    before.size, lambda share: traffic.shift(fleet, share), self.parts.cloud.alarms_in_alarm
                )
                rollout.bake(rollout.termination_wait, self.parts.cloud.alarms_in_alarm)
        except RolledBackError as reason:
            traffic.shift(None, 0)
            self._set(endpoint, "RollingBack")
            fleet.stop()
            self._set(endpoint, "InService", f"{reason} Rolled back to {endpoint['EndpointConfigName']}.")
            return
        traffic.serve(fleet)
        self.parts.store.change(endpoint, EndpointConfigName=config_name)
        if before:
            before.stop()
        self._set(endpoint, "InService")

    def _delete(self, endpoint: Record) -> None:
        name = endpoint["EndpointName"]
        self._say(endpoint)
        if traffic := self.traffic.pop(name, None):
            for fleet in traffic.close():
                fleet.stop()
        self.parts.store.remove(self.noun, name)

    def _bring_one_back(self, endpoint: Record) -> None:
        reason = ""
        for seconds in RETRY_SECONDS:  # the rest of the cloud may still be starting
            fleet = self._try_to_launch(endpoint, endpoint["EndpointConfigName"])
            if isinstance(fleet, Fleet):
                self._serve(endpoint, fleet)
                self._set(endpoint, "InService")
                return
            reason = fleet
            time.sleep(seconds)
        self._set(endpoint, "Failed", reason)

    def _serve(self, endpoint: Record, fleet: Fleet) -> None:
        traffic = self.traffic.get(endpoint["EndpointName"])
        if traffic is None:  # everything was reset while it started
            fleet.kill()
        else:
            traffic.serve(fleet)

    def _set(self, endpoint: Record, status: str, reason: str = "") -> None:
        self.parts.store.change(
            endpoint, EndpointStatus=status, **({"FailureReason": reason[:1024]} if reason else {})
        )
        self._say(endpoint)

    def _say(self, endpoint: Record) -> None:
        known = self.parts.store.find(self.noun, endpoint["EndpointName"]) is endpoint
        shown = self.describe({"EndpointName": endpoint["EndpointName"]}) if known else endpoint
        self.parts.emit(ENDPOINT_EVENT, endpoint["EndpointArn"], endpoint_detail(shown))

    def _in_background(self, work: Callable[..., None], endpoint: Record, *arguments: object) -> None:
        name = f"endpoint-{endpoint['EndpointName']}"
        threading.Thread(
            target=self._to_an_end, args=(work, endpoint, *arguments), name=name, daemon=True
        ).start()

    def _to_an_end(self, work: Callable[..., None], endpoint: Record, *arguments: object) -> None:
        """Do it; a mistake of ours fails the endpoint instead of leaving it between two states for ever."""
        try:
            work(endpoint, *arguments)
        except Exception as mistake:
            self._set(
                endpoint, "Failed", f"The local cloud made a mistake: {type(mistake).__name__}: {mistake}"
            )
            raise
