"""A training job's metrics: read from its output by regular expressions, kept, and sent to CloudWatch.

https://docs.aws.amazon.com/sagemaker/latest/dg/define-train-metrics.html
"""

from __future__ import annotations

import math
import re
import threading
import time
from typing import TYPE_CHECKING, Any

from infra.local.sagemaker.faults import invalid

if TYPE_CHECKING:
    from infra.local.sagemaker.cloud import Cloud
    from infra.local.sagemaker.store import Record

NAMESPACE = "/aws/sagemaker/TrainingJobs"
MOST_DATA = 500  # of one PutMetricData; AWS takes 1,000


def check(definitions: list[Record]) -> None:
    """Refuse an expression that could never give a number.

    Raises:
        ApiError: it is none, or takes out nothing.
    """
    for definition in definitions:
        try:
            groups = re.compile(definition["Regex"]).groups
        except re.error as error:
            raise invalid(
                f"Metric {definition['Name']}: {definition['Regex']!r} is no expression: {error}"
            ) from None
        if not groups:
            raise invalid(
                f"Metric {definition['Name']}: {definition['Regex']!r} has no group to take the value from"
            )


class Readings:
    """The values that one job's output has told, in their order."""

    def __init__(self, job: str, definitions: list[Record]) -> None:
        self._job = job
        self._expressions = [(each["Name"], re.compile(each["Regex"])) for each in definitions]
        self._lock = threading.Lock()
        self._values: list[tuple[str, float, float]] = []  # metric, value, time
        self._sent = 0

    def read(self, line: str) -> None:
        """Take the values out of one line of output."""
        for name, expression in self._expressions:
            for found in expression.finditer(line):
                value = _number(found[1])
                if value is not None:
                    with self._lock:
                        self._values.append((name, value, time.time()))

    def of(self, name: str) -> list[float]:
        """All values of a metric so far."""
        with self._lock:
            return [value for metric, value, _ in self._values if metric == name]

    def final(self) -> list[Record]:
        """The last value of each metric, as a description shows it."""
        with self._lock:
            last = {name: (value, at) for name, value, at in self._values}
        return [{"MetricName": name, "Value": value, "Timestamp": at} for name, (value, at) in last.items()]

    def send(self, cloud: Cloud) -> None:
        """Put what is new into CloudWatch."""
        with self._lock:
            new = self._values[self._sent :]
        data = [self._datum(*each) for each in new]
        for start in range(0, len(data), MOST_DATA):
            cloud.client("cloudwatch").put_metric_data(
                Namespace=NAMESPACE, MetricData=data[start : start + MOST_DATA]
            )
        self._sent += len(new)

    def _datum(self, name: str, value: float, at: float) -> dict[str, Any]:
        dimensions = [{"Name": "TrainingJobName", "Value": self._job}]
        return {"MetricName": name, "Dimensions": dimensions, "Value": value, "Timestamp": at}


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
