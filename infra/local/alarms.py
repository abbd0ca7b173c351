"""Alarms that fire as AWS's do: by dimension, by period, with missing data; and the depth of queues as a metric.

MiniStack judges an alarm only when metrics are put by hand, and over all dimensions of a name at once.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EVERY_SECONDS = 1.0
DEPTH_SECONDS = 60.0  # an unchanged depth is told as often as on AWS
ACCOUNT_METRICS = {
    "ApproximateNumberOfMessagesVisible": "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible": "ApproximateNumberOfMessagesNotVisible",
}
log = logging.getLogger("tidegate.alarms")

_told: dict[tuple[str, str], tuple[str, float]] = {}
_unsupported: set[str] = set()


def install() -> None:
    """Judge all alarms each second."""
    from ministack.services import cloudwatch

    cloudwatch._evaluate_alarm = evaluate
    threading.Thread(target=_watch, name="alarms", daemon=True).start()


def _watch() -> None:
    from ministack.services import cloudwatch, sqs

    while True:
        time.sleep(EVERY_SECONDS)
        try:
            _tell_depths(sqs, cloudwatch)
            for alarm in list(cloudwatch._alarms.values()):
                evaluate(alarm)
        except RuntimeError as error:  # a dictionary changed while it was read: the next second will do
            log.debug("judged again in a second: %s", error)


def _tell_depths(sqs: Any, cloudwatch: Any) -> None:
    now = time.time()
    for url, queue in list(sqs._queues.items()):
        sqs._refresh_counts(queue)
        name = url.rsplit("/", 1)[-1]
        for metric, attribute in ACCOUNT_METRICS.items():
            depth = queue["attributes"][attribute]
            last, at = _told.get((url, metric), ("", 0.0))
            if depth != last or now - at >= DEPTH_SECONDS:
                _told[url, metric] = (depth, now)
                cloudwatch.record_metric("AWS/SQS", metric, float(depth), "Count", {"QueueName": name})


def evaluate(alarm: dict[str, Any]) -> None:
    """Give the alarm the state that its metric calls for, and tell whom it concerns when that is new."""
    from ministack.services import cloudwatch

    if not alarm.get("MetricName"):
        _say_unsupported(alarm)
        return
    dimensions = cloudwatch._dims_from_list(alarm.get("Dimensions") or [])
    key = (alarm["Namespace"], alarm["MetricName"], cloudwatch._dims_key(dimensions))
    values = _periods(alarm, list(cloudwatch._metrics.get(key) or []), time.time())
    new = _state(alarm, values)
    old = alarm["StateValue"]
    if new in (None, old):
        return
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average")
    reason = f"Threshold Crossed: {statistic} {values} {alarm['ComparisonOperator']} {alarm['Threshold']}"
    alarm.update(StateValue=new, StateReason=reason, StateUpdatedTimestamp=int(time.time()))
    cloudwatch._record_history(alarm["AlarmName"], old, new, reason)
    cloudwatch._dispatch_alarm_actions(alarm, old, new, reason)
    cloudwatch._evaluate_parent_alarms(alarm)


def _periods(alarm: Mapping[str, Any], points: Sequence[Any], now: float) -> list[float | None]:
    """The statistic of each evaluation period, the latest first; they slide, so that nothing waits for a full minute."""
    from ministack.services import cloudwatch

    period = alarm.get("Period", 60)
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average")
    values = []
    for number in range(alarm.get("EvaluationPeriods", 1)):
        end = now - number * period
        # a point of this very second, or of a clock slightly ahead, belongs to the latest period
        latest = end if number else now + period
        inside = [point for point in points if end - period < point["Timestamp"] <= latest]
        stats = cloudwatch._calc_stats(inside)
        values.append(cloudwatch._stat_value(stats, statistic, inside) if inside else None)
    return values


def _state(alarm: Mapping[str, Any], values: Sequence[float | None]) -> str | None:
    """The state for these values; None leaves it as it is."""
    missing = alarm.get("TreatMissingData") or "missing"
    if missing in ("missing", "ignore") and all(value is None for value in values):
        return "INSUFFICIENT_DATA" if missing == "missing" else None
    filler = {"breaching": True, "notBreaching": False}.get(missing)
    verdicts = [filler if value is None else _breaches(alarm, value) for value in values]
    enough = alarm.get("DatapointsToAlarm") or alarm.get("EvaluationPeriods", 1)
    return "ALARM" if sum(verdict is True for verdict in verdicts) >= enough else "OK"


def _breaches(alarm: Mapping[str, Any], value: float) -> bool:
    threshold = float(alarm["Threshold"])
    match alarm["ComparisonOperator"]:
        case "GreaterThanOrEqualToThreshold":
            return value >= threshold
        case "GreaterThanThreshold":
            return value > threshold
        case "LessThanThreshold":
            return value < threshold
        case "LessThanOrEqualToThreshold":
            return value <= threshold
        case _:
            _say_unsupported(alarm)
            return False


def _say_unsupported(alarm: Mapping[str, Any]) -> None:
    if alarm["AlarmName"] not in _unsupported:
        _unsupported.add(alarm["AlarmName"])
        log.error(
            "alarm %s is never judged here: metric math and anomaly bands are AWS's", alarm["AlarmName"]
        )
