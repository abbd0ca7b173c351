"""A shadow's answers beside those of the variant in service: how many were errors, how long they took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tidegate.models.rollout import SHADOW, VARIANT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tidegate.models.in_service import InService

Variant = tuple[str, str]  # the endpoint's name and its own
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


def beside(record: InService, environment: str, prepared: Mapping[str, Any]) -> tuple[Variant, Variant]:
    """The variant in service and its shadow: of one endpoint, or of two behind our front."""
    if own := prepared.get("own_endpoint"):
        return (record.endpoint(environment), VARIANT), (own, VARIANT)
    return (prepared["endpoint"], VARIANT), (prepared["endpoint"], SHADOW)


def measured(
    cloudwatch: Any, live: Variant, shadow: Variant, since: datetime, now: datetime
) -> tuple[Answers, Answers]:
    """The answers of the variant in service and of its shadow since then."""
    queries = [
        {
            "Id": f"{which}_{name}",
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
        for which, (endpoint, variant) in (("live", live), ("shadow", shadow))
        for name, (metric, statistic) in METRICS.items()
    ]
    told = cloudwatch.get_metric_data(MetricDataQueries=queries, StartTime=since, EndTime=now)
    found = {one["Id"]: one["Values"] for one in told["MetricDataResults"]}
    return _answers(found, "live"), _answers(found, "shadow")


def _answers(found: Mapping[str, list[float]], which: str) -> Answers:
    return Answers(
        asked=sum(found[f"{which}_asked"]),
        errors=sum(found[f"{which}_errors"]),
        slowest=max(found[f"{which}_slowest"], default=0),
    )
