"""Blue/green: the share of calls that a new fleet gets, step by step, and whether alarms send it back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from infra.local.sagemaker.faults import invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from infra.local.sagemaker.store import Record

LOOK_EVERY_SECONDS = 0.1
ALL_AT_ONCE: Record = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
MOST_PERCENT = 50
LEAST_STEP_PERCENT = 10


class RolledBackError(Exception):
    """A new fleet is sent back, and why."""


class Watch:
    """Waits with an eye on the alarms, and on the time that the whole may take."""

    def __init__(self, deployment: Record, policy: Record, time_scale: float) -> None:
        self.alarms = [
            alarm["AlarmName"] for alarm in deployment.get("AutoRollbackConfiguration", {}).get("Alarms", [])
        ]
        seconds = policy.get("MaximumExecutionTimeoutInSeconds")
        self._deadline = time.monotonic() + seconds * time_scale if seconds else None

    def bake(self, seconds: float, in_alarm: Callable[[list[str]], list[str]]) -> None:
        """Wait.

        Raises:
            RolledBackError: an alarm went off, or the time was up.
        """
        until = time.monotonic() + seconds
        while True:
            if ringing := in_alarm(self.alarms):
                names = ", ".join(ringing)
                raise RolledBackError(f"One or more configured alarm(s) have been triggered: [{names}].")
            now = time.monotonic()
            if self._deadline is not None and now > self._deadline:
                raise RolledBackError("The deployment took longer than MaximumExecutionTimeoutInSeconds.")
            if now >= until:
                return
            time.sleep(min(LOOK_EVERY_SECONDS, until - now))


class Rollout:
    """A blue/green deployment configuration, read."""

    def __init__(self, deployment: Record, time_scale: float) -> None:
        policy = deployment.get("BlueGreenUpdatePolicy", {})
        self._routing: Record = policy.get("TrafficRoutingConfiguration", ALL_AT_ONCE)
        kind = self._routing["Type"]
        needed = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}.get(kind)
        if needed:
            _check_size(self._routing, needed, 1 if kind == "CANARY" else LEAST_STEP_PERCENT)
        self._wait = self._routing.get("WaitIntervalInSeconds", 0) * time_scale
        self.termination_wait = policy.get("TerminationWaitInSeconds", 0) * time_scale
        self.watch = Watch(deployment, policy, time_scale)

    @property
    def gradual(self) -> bool:
        """Whether some calls go to the new fleet before all do."""
        return bool(self._routing["Type"] != "ALL_AT_ONCE")

    def shares(self, instances: int) -> Iterator[float]:
        """The shares of traffic in their order, the last one being 1."""
        kind = self._routing["Type"]
        if kind == "CANARY":
            yield _share(self._routing["CanarySize"], instances)
        if kind == "LINEAR":
            step = max(_share(self._routing["LinearStepSize"], instances), 0.01)
            share = step
            while share < 1:
                yield share
                share += step
        yield 1.0

    def run(
        self, instances: int, shift: Callable[[float], None], in_alarm: Callable[[list[str]], list[str]]
    ) -> None:
        """Shift the traffic to the end.

        Raises:
            RolledBackError: an alarm went off on the way, or it took too long.
        """
        for share in self.shares(instances):
            shift(share)
            self.watch.bake(self._wait, in_alarm)
        self.watch.bake(self.termination_wait, in_alarm)


def _check_size(routing: Record, needed: str, least_percent: int) -> None:
    if needed not in routing:
        raise invalid(f"{needed} is required when the traffic routing type is {routing['Type']}")
    size = routing[needed]
    if size["Type"] == "CAPACITY_PERCENT" and not least_percent <= size["Value"] <= MOST_PERCENT:
        raise invalid(f"{needed} must be {least_percent} to {MOST_PERCENT} percent of the variant's capacity")


def _share(size: Record, instances: int) -> float:
    if size["Type"] == "CAPACITY_PERCENT":
        return float(min(1.0, size["Value"] / 100))
    return float(min(1.0, size["Value"] / max(1, instances)))
