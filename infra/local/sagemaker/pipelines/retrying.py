"""Which failure of a step is tried again, and when.

https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html: faults of the services and
throttling are tried again without a policy; a policy says so of other failures, or overrides it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.local.sagemaker.pipelines.hands import SERVICE_FAULT, THROTTLING

if TYPE_CHECKING:
    from infra.local.sagemaker.pipelines.definition import Step

DEFAULT_ATTEMPTS = 5
_OF_JOBS = (
    ("InternalServerError", "SageMaker.JOB_INTERNAL_ERROR"),
    ("CapacityError", "SageMaker.CAPACITY_ERROR"),
    ("ResourceLimitExceeded", "SageMaker.RESOURCE_LIMIT"),
)


@dataclass(frozen=True)
class Policy:
    """How often, and after how many seconds, each time longer."""

    interval: float = 1.0
    rate: float = 2.0
    attempts: int = DEFAULT_ATTEMPTS
    expire: float = float("inf")  # seconds since the step began

    def pause(self, retries: int, elapsed: float) -> float | None:
        """Seconds to wait before one more attempt; None when there is none."""
        if retries >= self.attempts or elapsed >= self.expire:
            return None
        return float(self.interval * self.rate**retries)


def kind_of_job(reason: str, type_: str) -> str:
    """By which exception type a retry policy knows a job's failure."""
    kind = next((kind for start, kind in _OF_JOBS if reason.startswith(start)), "")
    return "" if type_ == "Tuning" and kind == "SageMaker.JOB_INTERNAL_ERROR" else kind


def policy(step: Step, kind: str) -> Policy | None:
    """The policy for a failure of that kind, or None: it is not tried again."""
    for said in step.said.get("RetryPolicies", []):
        if kind and kind in said.get("ExceptionType", []):
            minutes = said.get("ExpireAfterMin")
            default = DEFAULT_ATTEMPTS if minutes is None else 1_000_000
            return Policy(
                said.get("IntervalSeconds", 1),
                said.get("BackoffRate", 2.0),
                said.get("MaxAttempts", default),
                float("inf") if minutes is None else minutes * 60,
            )
    return Policy() if kind in (SERVICE_FAULT, THROTTLING) else None
