"""Metrics that functions and jobs write into their logs become CloudWatch metrics; invocations are counted
too.

The line's form is CloudWatch's embedded metric format: a JSON object whose `_aws` member names which of its
other members are metrics and which are dimensions.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Datum:
    """One metric's values, as one log line tells them."""

    namespace: str
    name: str
    unit: str
    dimensions: Mapping[str, str]
    values: tuple[float, ...]
    at: float


def install() -> None:
    """Read every line that is appended to a log, and count every invocation."""
    from ministack.services import cloudwatch, cloudwatch_logs, lambda_svc

    append = cloudwatch_logs._append_log_events
    emit_logs = lambda_svc._emit_lambda_logs
    emit_metrics = lambda_svc._emit_lambda_metrics

    def append_and_measure(stream: Any, events: list[dict[str, Any]]) -> Any:
        for event in events:
            for datum in read(event.get("message", "")):
                counts = [1.0] * len(datum.values)
                cloudwatch._store_datum(
                    datum.namespace,
                    datum.name,
                    dict(datum.dimensions),
                    datum.at,
                    datum.unit,
                    None,
                    list(datum.values),
                    counts,
                    None,
                )
        return append(stream, events)

    def emit_and_count(
        func: Any, request_id: str, text: str, error: bool, milliseconds: int, **more: Any
    ) -> Any:
        name = (func.get("config") or func).get("FunctionName", "unknown")
        emit_metrics(name, duration_ms=float(milliseconds), error=error, throttle=False)
        return emit_logs(func, request_id, text, error, milliseconds, **more)

    def only_throttles(name: str, *, throttle: bool, **_: Any) -> None:
        # synchronous calls were counted there, and no others: all are counted where logs are written
        if throttle:
            emit_metrics(name, duration_ms=0.0, error=False, throttle=True)

    cloudwatch_logs._append_log_events = append_and_measure
    lambda_svc._emit_lambda_logs = emit_and_count
    lambda_svc._emit_lambda_metrics = only_throttles


def read(line: str) -> Iterator[Datum]:
    """The metrics that a log line holds; none when it is any other line."""
    if '"_aws"' not in line:
        return
    try:
        said = json.loads(line)
        blocks = said["_aws"]["CloudWatchMetrics"]
    except (json.JSONDecodeError, KeyError, TypeError):
        return
    at = float(said["_aws"].get("Timestamp", time.time() * 1000)) / 1000
    for block in blocks:
        for names in block.get("Dimensions") or [[]]:
            dimensions = {name: str(said[name]) for name in names if name in said}
            for metric in block.get("Metrics", []):
                value = said.get(metric["Name"])
                values = tuple(
                    float(v) for v in (value if isinstance(value, list) else [value]) if v is not None
                )
                if values:
                    unit = metric.get("Unit", "None")
                    yield Datum(block["Namespace"], metric["Name"], unit, dimensions, values, at)
