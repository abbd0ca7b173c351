"""A shadow's answers are measured where it is asked: beside a variant, or at an endpoint of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tidegate.models.in_service import InService
from tidegate.models.shadowing import Answers, beside, measured

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
FIGURES = {"Invocations": [100.0, 20.0], "Invocation5XXErrors": [1.0, 2.0], "ModelLatency": [3000.0, 9000.0]}


class Metrics:
    """Stand for CloudWatch: figures of one endpoint's variant, and none of any other."""

    def __init__(self, endpoint: str, variant: str) -> None:
        self._known = [
            {"Name": "EndpointName", "Value": endpoint},
            {"Name": "VariantName", "Value": variant},
        ]

    def get_metric_data(self, MetricDataQueries: list[dict[str, Any]], **_when: datetime) -> dict[str, Any]:
        asked = {one["Id"]: one["MetricStat"]["Metric"] for one in MetricDataQueries}
        return {
            "MetricDataResults": [
                {"Id": name, "Values": FIGURES[one["MetricName"]] if one["Dimensions"] == self._known else []}
                for name, one in asked.items()
            ]
        }


def answers(prepared: dict[str, str], endpoint: str, variant: str) -> tuple[Answers, Answers]:
    record = InService(model="m").answers(1, "arn:1", "tidegate-laptop-m-v1")
    live, shadow = beside(record, "laptop", prepared)
    return measured(Metrics(endpoint, variant), live, shadow, NOW - timedelta(minutes=5), NOW)


ALL = Answers(asked=120, errors=3, slowest=9000)


def test_on_instances_both_are_variants_of_one_endpoint() -> None:
    prepared = {"endpoint": "tidegate-laptop-m"}
    assert answers(prepared, "tidegate-laptop-m", "AllTraffic") == (ALL, Answers())
    assert answers(prepared, "tidegate-laptop-m", "Shadow") == (Answers(), ALL)


def test_behind_our_front_each_has_its_endpoint() -> None:
    prepared = {"endpoint": "tidegate-laptop-m", "own_endpoint": "tidegate-laptop-m-v2"}
    assert answers(prepared, "tidegate-laptop-m-v1", "AllTraffic") == (ALL, Answers())
    assert answers(prepared, "tidegate-laptop-m-v2", "AllTraffic") == (Answers(), ALL)
