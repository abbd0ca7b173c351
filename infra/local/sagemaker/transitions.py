"""An endpoint's way from one state to the next: started, rolled out, resized, deleted, revived."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.local.sagemaker import capacity
from infra.local.sagemaker.announce import ENDPOINT_EVENT, endpoint_detail
from infra.local.sagemaker.faults import ApiError
from infra.local.sagemaker.fleet import Fleet, launch
from infra.local.sagemaker.instance import UnhealthyError
from infra.local.sagemaker.rolling import Rolling
from infra.local.sagemaker.rollout import RolledBackError, Rollout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.configs import EndpointConfigs
    from infra.local.sagemaker.models import Models
    from infra.local.sagemaker.store import Record
    from infra.local.sagemaker.traffic import Traffic

RETRY_SECONDS = (0.2, 0.5, 1, 2, 4)


@dataclass(frozen=True)
class Plan:
    """An update: to which configuration, with what of it changed, and how."""

    config_name: str
    changed: Record
    how: Rollout | Rolling


class Transitions:
    """Each of them is a thread, from a request that was granted to a state that stays."""

    def __init__(
        self,
        parts: Parts,
        configs: EndpointConfigs,
        models: Models,
        traffic: dict[str, Traffic],
        describe: Callable[[Record], Record],
    ) -> None:
        self.parts = parts
        self._configs = configs
        self._models = models
        self._traffic = traffic
        self._describe = describe

    def begin(self, work: Callable[..., None], endpoint: Record, *arguments: object) -> None:
        """Do one of the following in the background."""
        threading.Thread(
            target=self._to_an_end,
            args=(work, endpoint, *arguments),
            name=f"endpoint-{endpoint['EndpointName']}",
            daemon=True,
        ).start()

    def start(self, endpoint: Record) -> None:
        """From Creating to InService."""
        self._say(endpoint)
        traffic = self._traffic[endpoint["EndpointName"]]
        fleet = self._try_to_launch(endpoint, endpoint["EndpointConfigName"], {})
        if isinstance(fleet, str):
            self._set(endpoint, "Failed", fleet)
            return
        self._serve(endpoint, traffic, fleet)
        self._set(endpoint, "InService")

    def update(self, endpoint: Record, plan: Plan) -> None:
        """From Updating to InService with another configuration, or back to what was."""
        self._say(endpoint)
        traffic = self._traffic[endpoint["EndpointName"]]
        before = traffic.live
        first = {}
        if isinstance(plan.how, Rolling) and before:
            first = dict.fromkeys(before.variants, plan.how.first)
        fleet = self._try_to_launch(endpoint, plan.config_name, plan.changed, first)
        if isinstance(fleet, str):
            self._set(endpoint, "InService" if before else "Failed", fleet)
            return
        if before and not self._roll(endpoint, plan.how, traffic, before, fleet):
            return
        self._serve(endpoint, traffic, fleet)
        self.parts.store.change(endpoint, EndpointConfigName=plan.config_name, _changed=plan.changed)
        if before:
            before.stop()
        self._set(endpoint, "InService")

    def resize(self, endpoint: Record, wanted: list[Record]) -> None:
        """From Updating to InService with other weights and capacities."""
        self._say(endpoint)
        fleet = self._traffic[endpoint["EndpointName"]].live
        try:
            if fleet:
                fleet.adapt(capacity.effective(fleet.config, capacity.merged({}, wanted)))
        except UnhealthyError as failure:
            self._set(endpoint, "InService", str(failure))
            return
        self.parts.store.change(endpoint, _changed=capacity.merged(endpoint.get("_changed", {}), wanted))
        self._set(endpoint, "InService")

    def delete(self, endpoint: Record) -> None:
        """From Deleting to nothing."""
        name = endpoint["EndpointName"]
        self._say(endpoint)
        if traffic := self._traffic.pop(name, None):
            for fleet in traffic.close():
                fleet.stop()
        self.parts.store.remove("endpoint", name)

    def revive(self, endpoint: Record) -> None:
        """From SystemUpdating to InService, after a restart."""
        reason, traffic = "", self._traffic[endpoint["EndpointName"]]
        for seconds in RETRY_SECONDS:  # the rest of the cloud may still be starting
            fleet = self._try_to_launch(
                endpoint, endpoint["EndpointConfigName"], endpoint.get("_changed", {})
            )
            if isinstance(fleet, Fleet):
                self._serve(endpoint, traffic, fleet)
                self._set(endpoint, "InService")
                return
            reason = fleet
            time.sleep(seconds)
        self._set(endpoint, "Failed", reason)

    def _roll(
        self, endpoint: Record, how: Rollout | Rolling, traffic: Traffic, before: Fleet, fleet: Fleet
    ) -> bool:
        """Give the calls to the new fleet; False where they went back to the old one."""
        count = before.size
        try:
            if isinstance(how, Rolling):
                how.run(traffic, before, fleet, self._in_alarm)
            else:
                how.run(count, lambda share: traffic.shift(fleet, share), self._in_alarm)
        except (RolledBackError, UnhealthyError) as reason:
            self._set(endpoint, "RollingBack")
            try:
                if isinstance(how, Rolling):
                    how.back(traffic, before, fleet, count)
            except UnhealthyError as failure:
                self._set(endpoint, "UpdateRollbackFailed", f"{reason} The rollback failed: {failure}")
                return False
            traffic.shift(None, 0)
            fleet.stop()
            self._set(endpoint, "InService", f"{reason} Rolled back to {endpoint['EndpointConfigName']}.")
            return False
        return True

    def _in_alarm(self, names: list[str]) -> list[str]:
        """Those of the alarms that are on; not to know it is a reason to go back."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return self.parts.cloud.alarms_in_alarm(names)
        except (BotoCoreError, ClientError) as error:
            raise RolledBackError(f"The alarms {', '.join(names)} cannot be read: {error}.") from error

    def _try_to_launch(
        self, endpoint: Record, config_name: str, changed: Record, counts: Mapping[str, int] | None = None
    ) -> Fleet | str:
        """The fleet, or why there is none."""
        try:
            config = capacity.effective(self._configs.get(config_name), changed)
            names = {each["ModelName"] for member in capacity.MEMBERS for each in config.get(member, [])}
            models = {name: self._models.get(name) for name in names}
            return launch(self.parts, endpoint["EndpointName"], config, models, counts or {})
        except UnhealthyError as failure:
            return str(failure)
        except ApiError as failure:
            return failure.what

    def _serve(self, endpoint: Record, traffic: Traffic, fleet: Fleet) -> None:
        if self._traffic.get(endpoint["EndpointName"]) is traffic:
            traffic.serve(fleet)
        else:  # everything was reset while it started
            fleet.kill()

    def _set(self, endpoint: Record, status: str, reason: str = "") -> None:
        with self.parts.store.lock:
            if status != "RollingBack":
                endpoint.pop("PendingDeploymentSummary", None)
            more = {"FailureReason": reason[:1024]} if reason else {}
            self.parts.store.change(endpoint, EndpointStatus=status, **more)
        self._say(endpoint)

    def _say(self, endpoint: Record) -> None:
        known = self.parts.store.find("endpoint", endpoint["EndpointName"]) is endpoint
        shown = self._describe({"EndpointName": endpoint["EndpointName"]}) if known else endpoint
        self.parts.emit(ENDPOINT_EVENT, endpoint["EndpointArn"], endpoint_detail(shown))

    def _to_an_end(self, work: Callable[..., None], endpoint: Record, *arguments: object) -> None:
        """Do it; a mistake of ours fails the endpoint instead of leaving it between two states for ever."""
        try:
            work(endpoint, *arguments)
        except Exception as mistake:
            self._set(
                endpoint, "Failed", f"The local cloud made a mistake: {type(mistake).__name__}: {mistake}"
            )
            raise
