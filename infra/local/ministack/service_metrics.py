"""The metrics that services tell of themselves and alarms look at: how full queues are, how executions
ended.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

REPEAT_SECONDS = 60.0  # an unchanged figure is told as often as on AWS
OUTCOMES = {
    "ABORTED": "ExecutionsAborted",
    "FAILED": "ExecutionsFailed",
    "SUCCEEDED": "ExecutionsSucceeded",
    "TIMED_OUT": "ExecutionsTimedOut",
}

_since = time.time()
_told: dict[tuple[str, str], tuple[float, float]] = {}
_ended: set[str] = set()


def tell() -> None:
    """Record what has changed since the last look, and what has not been told for a minute."""
    from ministack.services import sqs, stepfunctions

    for url, queue in list(sqs._queues.items()):
        _tell_queue(url.rsplit("/", 1)[-1], queue)
    for arn, execution in list(stepfunctions._executions.items()):
        _tell_execution(arn, execution)


def _tell_queue(name: str, queue: dict[str, Any]) -> None:
    from ministack.services import cloudwatch, sqs

    sqs._refresh_counts(queue)
    now = time.time()
    attributes = queue["attributes"]
    oldest = min((message["sent_at"] for message in queue["messages"]), default=now)
    figures = {
        "ApproximateNumberOfMessagesVisible": (float(attributes["ApproximateNumberOfMessages"]), "Count"),
        "ApproximateNumberOfMessagesNotVisible": (
            float(attributes["ApproximateNumberOfMessagesNotVisible"]),
            "Count",
        ),
        # to ten seconds, so that a waiting message is not told of every second
        "ApproximateAgeOfOldestMessage": (float(int(now - oldest) // 10 * 10), "Seconds"),
    }
    for metric, (value, unit) in figures.items():
        last, at = _told.get((name, metric), (-1.0, 0.0))
        if value != last or now - at >= REPEAT_SECONDS:
            _told[name, metric] = (value, now)
            cloudwatch.record_metric("AWS/SQS", metric, value, unit, {"QueueName": name})


def _tell_execution(arn: str, execution: dict[str, Any]) -> None:
    from ministack.services import cloudwatch

    metric = OUTCOMES.get(execution["status"])
    if metric is None or arn in _ended:
        return
    _ended.add(arn)
    stopped = execution.get("stopDate")
    if stopped and datetime.fromisoformat(stopped).timestamp() < _since:
        return  # told before the cloud was last stopped
    machine = {"StateMachineArn": execution["stateMachineArn"]}
    cloudwatch.record_metric("AWS/States", metric, 1.0, "Count", machine)
