"""A rolling update: batch by batch, new instances come into service and as many old ones leave.

https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-rolling.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.sagemaker.faults import invalid
from infra.local.sagemaker.rollout import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.sagemaker.fleet import AnyVariant, Fleet
    from infra.local.sagemaker.store import Record
    from infra.local.sagemaker.traffic import Traffic

LEAST_PERCENT, MOST_PERCENT = 5, 50


class Rolling:
    """A rolling deployment configuration, read; `count` is that of the new variant's instances."""

    def __init__(self, deployment: Record, count: int, time_scale: float) -> None:
        policy = deployment["RollingUpdatePolicy"]
        whole = {"Type": "CAPACITY_PERCENT", "Value": 100}
        self._batch = _instances(policy, "MaximumBatchSize", count, MOST_PERCENT)
        policy = {"RollbackMaximumBatchSize": whole, **policy}
        self._back = _instances(policy, "RollbackMaximumBatchSize", count, 100)
        self._count = count
        self._wait = policy["WaitIntervalInSeconds"] * time_scale
        self._watch = Watch(deployment, policy, time_scale)

    @property
    def first(self) -> int:
        """How many instances of the new fleet come first."""
        return min(self._batch, self._count)

    def run(
        self, traffic: Traffic, old: Fleet, new: Fleet, in_alarm: Callable[[list[str]], list[str]]
    ) -> None:
        """Go from the old fleet to the new one, whose first batch is there.

        Raises:
            RolledBackError: an alarm went off on the way, or it took too long.
            UnhealthyError: an instance of a batch did not start.
        """
        leaving, coming, before = _only(old), _only(new), old.size
        while True:
            traffic.shift(new, _share(coming.size, leaving.size))
            self._watch.bake(self._wait, in_alarm)
            staying = max(0, before - -(-before * coming.size // self._count))
            traffic.shift(new, _share(coming.size, staying))
            leaving.resize(staying)
            if coming.size >= self._count:
                return
            coming.resize(min(self._count, coming.size + self._batch))

    def back(self, traffic: Traffic, old: Fleet, new: Fleet, before: int) -> None:
        """Go back to the old fleet of `before` instances.

        Raises:
            UnhealthyError: one of its instances did not start; both fleets answer then.
        """
        staying, leaving = _only(old), _only(new)
        while staying.size < before:
            staying.resize(min(before, staying.size + self._back))
            rest = max(0, leaving.size - self._back)
            traffic.shift(new, _share(rest, staying.size))
            leaving.resize(rest)
        traffic.shift(None, 0)


def _only(fleet: Fleet) -> AnyVariant:
    (variant,) = fleet.variants.values()
    return variant


def _share(coming: int, leaving: int) -> float:
    return coming / (coming + leaving) if coming else 0.0


def _instances(policy: Record, member: str, count: int, most_percent: int) -> int:
    size = policy[member]
    if size["Type"] == "CAPACITY_PERCENT":
        allowed = LEAST_PERCENT <= size["Value"] <= most_percent
        instances = max(1, count * size["Value"] // 100)
    else:
        instances = size["Value"]
        allowed = LEAST_PERCENT * count <= instances * 100 <= most_percent * count
    if not allowed:
        raise invalid(
            f"{member} must be {LEAST_PERCENT} to {most_percent} percent of the variant's {count} instances"
        )
    return int(instances)
