"""Target tracking: every minute each policy looks at the calls of an instance, and changes their number.

https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking.html:
out when the metric is above its target for three minutes, in when it is below nine tenths of it for fifteen.
"""

from __future__ import annotations

import logging
import math
import threading
import time
import uuid
from collections import defaultdict, deque
from typing import TYPE_CHECKING

from infra.local.sagemaker.autoscaling import ACTIVITIES, DIMENSION, POLICIES, RESOURCE, TARGETS
from infra.local.sagemaker.faults import ApiError

if TYPE_CHECKING:
    from collections import Counter

    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.endpoints import Endpoints
    from infra.local.sagemaker.store import Record

_log = logging.getLogger(__name__)
MINUTE = 60.0  # passes at the time scale
LEAST_SECONDS = 0.2
OUT_MINUTES, IN_MINUTES = 3, 15
IN_SHARE = 0.9
COOLDOWN = 300  # where a policy says none
MOST_ACTIVITIES = 200


def desired(history: list[float], current: int, tracking: Record) -> int:
    """How many instances there should be, after the metric's `history` of minutes."""
    target: float = tracking["TargetValue"]
    last, longer = history[-OUT_MINUTES:], history[-IN_MINUTES:]
    if len(last) == OUT_MINUTES and min(last) > target:
        return max(current + 1, math.ceil(current * last[-1] / target))
    low = len(longer) == IN_MINUTES and max(longer) < IN_SHARE * target
    if low and not tracking.get("DisableScaleIn", False):
        return min(current, math.ceil(current * max(longer) / target))
    return current


class Targets:
    """Watches all policies, with a thread of its own."""

    def __init__(self, parts: Parts, endpoints: Endpoints) -> None:
        self.parts = parts
        self._endpoints = endpoints
        self._history: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=IN_MINUTES))
        self._changed: dict[str, float] = {}
        threading.Thread(target=self._run, name="sagemaker-autoscaling", daemon=True).start()

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(max(LEAST_SECONDS, MINUTE * self.parts.config.time_scale)):
            calls = self.parts.calls.take()
            for target in self.parts.store.every(TARGETS):
                try:
                    self._look(target, calls)
                except ApiError as error:  # it is being updated, or is gone
                    _log.info("%s is not scaled now: %s", target["ResourceId"], error.what)

    def _look(self, target: Record, calls: Counter[tuple[str, str]]) -> None:
        named = RESOURCE.fullmatch(target["ResourceId"])
        assert named
        current = self._count(named[1], named[2])
        if current is None:
            return
        wanted, cause = current, "the capacity lies outside of the registered range"
        for policy in self.parts.store.every(POLICIES):
            if policy["ResourceId"] == target["ResourceId"]:
                tracking = policy["TargetTrackingScalingPolicyConfiguration"]
                history = self._history[policy["PolicyARN"]]
                history.append(calls[named[1], named[2]] / max(1, current))
                asked = desired(list(history), current, tracking)
                if asked != current and self._cool(target, tracking, out=asked > current):
                    wanted, cause = asked, f"policy {policy['PolicyName']}: {history[-1]:g} calls a minute"
        wanted = max(target["MinCapacity"], min(target["MaxCapacity"], wanted))
        if wanted != current:
            self._scale(target, named[1], named[2], wanted, cause)

    def _cool(self, target: Record, tracking: Record, *, out: bool) -> bool:
        """Whether a change may follow on the last one, and is not suspended."""
        if target["SuspendedState"].get(f"DynamicScaling{'Out' if out else 'In'}Suspended", False):
            return False
        seconds = tracking.get("ScaleOutCooldown" if out else "ScaleInCooldown", COOLDOWN)
        since = time.monotonic() - self._changed.get(target["ResourceId"], -math.inf)
        return bool(since >= seconds * self.parts.config.time_scale)

    def _scale(self, target: Record, endpoint: str, variant: str, wanted: int, cause: str) -> None:
        change = [{"VariantName": variant, "DesiredInstanceCount": wanted}]
        self._endpoints.update_weights({"EndpointName": endpoint, "DesiredWeightsAndCapacities": change})
        self._changed[target["ResourceId"]] = time.monotonic()
        self._history.clear()  # what was measured was measured of another number
        activity = {
            "ActivityId": str(uuid.uuid4()),
            "ServiceNamespace": "sagemaker",
            "ResourceId": target["ResourceId"],
            "ScalableDimension": DIMENSION,
            "Description": f"Setting desired instance count to {wanted}.",
            "Cause": cause,
            "StartTime": time.time(),
            "StatusCode": "InProgress",
            "StatusMessage": f"Setting desired instance count to {wanted}.",
        }
        self.parts.store.put(ACTIVITIES, activity["ActivityId"], activity)
        self._forget_old()
        threading.Thread(target=self._follow, args=(activity, endpoint, variant, wanted), daemon=True).start()

    def _follow(self, activity: Record, endpoint: str, variant: str, wanted: int) -> None:
        """Say of an activity how it ended."""
        found = self.parts.store.find("endpoint", endpoint)
        while found and found["EndpointStatus"] == "Updating":
            time.sleep(LEAST_SECONDS)
            found = self.parts.store.find("endpoint", endpoint)
        good = bool(found) and self._count(endpoint, variant) == wanted
        said = f"Successfully set desired instance count to {wanted}." if good else "Failed to set it."
        activity.update(
            StatusCode="Successful" if good else "Failed", StatusMessage=said, EndTime=time.time()
        )

    def _count(self, endpoint: str, variant: str) -> int | None:
        """The instances of a variant, where it has a number of them."""
        shown = self._endpoints.describe({"EndpointName": endpoint}).get("ProductionVariants", [])
        counts = {each["VariantName"]: each["CurrentInstanceCount"] for each in shown}
        return counts.get(variant)

    def _forget_old(self) -> None:
        for old in self.parts.store.every(ACTIVITIES)[:-MOST_ACTIVITIES]:
            self.parts.store.remove(ACTIVITIES, old["ActivityId"])
