"""Blue/green: the share of calls that a new fleet gets, step by step, and whether alarms send it back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from infra.local.sagemaker.faults import invalid, not_implemented

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from infra.local.sagemaker.store import Record

LOOK_EVERY_SECONDS = 0.1
ALL_AT_ONCE: Record = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}


class RolledBackError(Exception):
    """An alarm sent the new fleet back."""


class Rollout:
    """A deployment configuration, read."""

    def __init__(self, deployment: Record, time_scale: float) -> None:
        if "RollingUpdatePolicy" in deployment:
            raise not_implemented("RollingUpdatePolicy")
        policy = deployment.get("BlueGreenUpdatePolicy", {})
        self._routing: Record = policy.get("TrafficRoutingConfiguration", ALL_AT_ONCE)
        kind = self._routing["Type"]
        needed = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}.get(kind)
        if needed and needed not in self._routing:
            raise invalid(f"{needed} is required when the traffic routing type is {kind}")
        if (
            needed
            and self._routing[needed]["Type"] == "CAPACITY_PERCENT"
            and self._routing[needed]["Value"] > 50
        ):
            raise invalid(f"{needed} must be at most 50 percent of the variant's capacity")
        self._wait = self._routing.get("WaitIntervalInSeconds", 0) * time_scale
        self.termination_wait = policy.get("TerminationWaitInSeconds", 0) * time_scale
        self.alarms = [
            alarm["AlarmName"] for alarm in deployment.get("AutoRollbackConfiguration", {}).get("Alarms", [])
        ]

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
            RolledBackError: an alarm went off on the way.
        """
        for share in self.shares(instances):
            shift(share)
            self.bake(self._wait, in_alarm)

    def bake(self, seconds: float, in_alarm: Callable[[list[str]], list[str]]) -> None:
        """Wait, with an eye on the alarms.

        Raises:
            RolledBackError: one of them went off.
        """
        deadline = time.monotonic() + seconds
        while True:
            if ringing := in_alarm(self.alarms):
                names = ", ".join(ringing)
                raise RolledBackError(f"One or more configured alarm(s) have been triggered: [{names}].")
            if (left := deadline - time.monotonic()) <= 0:
                return
            time.sleep(min(LOOK_EVERY_SECONDS, left))


def _share(size: Record, instances: int) -> float:
    if size["Type"] == "CAPACITY_PERCENT":
        return float(min(1.0, size["Value"] / 100))
    return float(min(1.0, size["Value"] / max(1, instances)))
