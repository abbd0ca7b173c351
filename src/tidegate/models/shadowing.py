"""A shadow's answers beside those of the variant in service: how many were errors, how long they took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tidegate.models.rollout import SHADOW, VARIANT

if TYPE_CHECKING:
    from datetime import datetime

FEW_ERRORS = 5
MOST_ERRORS = 0.01  # of a shadow's answers
MOST_TIMES_SLOWER, MOST_SLOWER = 2.0, 50_000.0  # of the other's 99th percentile, and microseconds beyond that
METRICS = {
    "asked": ("Invocations", "Sum"),
    "errors": ("Invocation5XXErrors", "Sum"),
    "slowest": ("ModelLatency", "p99"),
}


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What CloudWatch knows of a variant's answers; `slowest` is in microseconds."""

    asked: float = 0
    errors: float = 0
    slowest: float = 0


def fault(live: Answers, shadow: Answers) -> str:
    """What speaks against the shadow, or nothing."""
    if shadow.errors > FEW_ERRORS and shadow.errors > MOST_ERRORS * shadow.asked:
        return f"{shadow.errors:.0f} of the shadow's {shadow.asked:.0f} answers were errors"
    if shadow.slowest > MOST_TIMES_SLOWER * live.slowest + MOST_SLOWER:
        slow, usual = shadow.slowest / 1000, live.slowest / 1000
        return f"the shadow's 99th percentile was {slow:.0f} ms, that of the version in service {usual:.0f}"
    return ""


def measured(cloudwatch: Any, endpoint: str, since: datetime, now: datetime) -> tuple[Answers, Answers]:
    """The answers of the variant in service and of its shadow since then."""
    queries = [
        {
            "Id": f"{variant.lower()}_{name}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/SageMaker",
                    "MetricName": metric,
                    "Dimensions": [
                        {"Name": "EndpointName", "Value": endpoint},
                        {"Name": "VariantName", "Value": variant},
                    ],
                },
                "Period": 60,
                "Stat": statistic,
            },
        }
        for variant in (VARIANT, SHADOW)
        for name, (metric, statistic) in METRICS.items()
    ]
    told = cloudwatch.get_metric_data(MetricDataQueries=queries, StartTime=since, EndTime=now)
    found = {one["Id"]: one["Values"] for one in told["MetricDataResults"]}
    live, shadow = (
        Answers(
            asked=sum(found[f"{variant.lower()}_asked"]),
            errors=sum(found[f"{variant.lower()}_errors"]),
            slowest=max(found[f"{variant.lower()}_slowest"], default=0),
        )
        for variant in (VARIANT, SHADOW)
    )
    return live, shadow
