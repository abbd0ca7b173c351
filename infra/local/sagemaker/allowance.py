"""How long a training job may run, and when a spot instance is taken away from it.

AWS takes spot instances back when it needs them; here the job's own tag says when, so that whoever is
curious sees what becomes of it: `tidegate:interrupt-after` is a list of seconds, one for each run: `2 5`.
https://docs.aws.amazon.com/sagemaker/latest/dg/model-managed-spot-training.html
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from infra.local.sagemaker.endings import RUNTIME_UP, WAIT_UP
from infra.local.sagemaker.faults import invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.sagemaker.store import Record

TAG = "tidegate:interrupt-after"
DAY = 86_400
INTERRUPTED = "Interrupted"


def check(request: Record) -> None:
    """Refuse limits that do not fit together.

    Raises:
        ApiError: AWS would refuse them, or the tag is no list of seconds.
    """
    condition = request.get("StoppingCondition", {})
    wait = condition.get("MaxWaitTimeInSeconds")
    spot = request.get("EnableManagedSpotTraining", False)
    if spot and wait is None:
        raise invalid("MaxWaitTimeInSeconds must be specified when EnableManagedSpotTraining is true")
    if not spot and wait is not None:
        raise invalid("MaxWaitTimeInSeconds is for jobs with EnableManagedSpotTraining alone")
    if wait is not None and wait < condition.get("MaxRuntimeInSeconds", DAY):
        raise invalid("MaxWaitTimeInSeconds must be greater than or equal to MaxRuntimeInSeconds")
    interruptions(request)


def interruptions(request: Record) -> list[float]:
    """After how many seconds each run loses its instance; none unless it is a spot instance."""
    tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}
    if TAG not in tags:
        return []
    if not request.get("EnableManagedSpotTraining", False):
        raise invalid(f"The tag {TAG} is for jobs with EnableManagedSpotTraining alone")
    try:
        return [float(seconds) for seconds in tags[TAG].split()]
    except ValueError:
        raise invalid(f"The tag {TAG} is a list of seconds such as `2 5`, not {tags[TAG]!r}") from None


class Allowance:
    """The time that a job has left, over all its runs."""

    def __init__(
        self, condition: Record, interruptions: list[float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._runtime = float(condition.get("MaxRuntimeInSeconds", DAY))
        self._until = clock() + condition.get("MaxWaitTimeInSeconds", math.inf)
        self._interruptions = list(interruptions)

    def next(self) -> tuple[float, str]:
        """How long the next run may take, and what ends it then."""
        limits = [(self._runtime, RUNTIME_UP), (self._until - self._clock(), WAIT_UP)]
        if self._interruptions:
            limits.append((self._interruptions.pop(0), INTERRUPTED))
        seconds, limit = min(limits)
        return max(seconds, 0), limit

    def spend(self, seconds: float) -> None:
        """A run took so long."""
        self._runtime -= seconds
