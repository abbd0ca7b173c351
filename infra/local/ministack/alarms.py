"""Alarms that fire as AWS's do: by dimension, by period, with missing data, and over metric math.

MiniStack judges an alarm only when metrics are put by hand, and over all dimensions of a name at once.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from typing import TYPE_CHECKING, Any

from infra.local.ministack import metric_math, service_metrics
from tidegate.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EVERY_SECONDS = 1.0
TRIMMED_COUNT = re.compile(r"TC\((\d*\.?\d*):(\d*\.?\d*)\)", re.IGNORECASE)  # by absolute values
SIMPLE = ("Average", "Maximum", "Minimum", "SampleCount", "Sum")
log = logging.getLogger("tidegate.alarms")

_unsupported: set[str] = set()


def install() -> None:
    """Judge all alarms each second."""
    from ministack.services import cloudwatch
    from ministack.services.cloudformation import provisioners

    cloudwatch._evaluate_alarm = evaluate
    provisioners._cw_metric_alarm_record = _with_metrics(provisioners._cw_metric_alarm_record)
    threading.Thread(target=_watch, name="alarms", daemon=True).start()


def _watch() -> None:
    from ministack.services import cloudwatch

    while True:
        time.sleep(EVERY_SECONDS)
        try:
            service_metrics.tell()
            for alarm in list(cloudwatch._alarms.values()):
                evaluate(alarm)
        except RuntimeError as error:  # a dictionary changed while it was read: the next second will do
            log.debug("judged again in a second: %s", error)


def _with_metrics(record: Any) -> Any:
    """Take an alarm's `Metrics` in a template, which MiniStack refuses: one metric, or an expression."""

    def record_with_metrics(name: str, properties: dict[str, Any]) -> Any:
        metrics = properties.get("Metrics")
        if not metrics:
            return record(name, properties)
        stats = {metric["Id"]: _flat(metric) for metric in metrics if "MetricStat" in metric}
        (returned,) = [m for m in metrics if str(m.get("ReturnData", True)).lower() == "true"]
        shown = stats.get(returned["Id"]) or next(iter(stats.values()))
        rest = {key: value for key, value in properties.items() if key != "Metrics"}
        made = record(name, {**rest, **shown})
        if "Expression" in returned:
            metric_math.evaluate(returned["Expression"], dict.fromkeys(stats, 1.0))
            made["_math"] = {"expression": returned["Expression"], "metrics": stats}
        return made

    return record_with_metrics


def _flat(metric: Mapping[str, Any]) -> dict[str, Any]:
    """One metric of an alarm's `Metrics` as the properties of an alarm on that metric."""
    stat = metric["MetricStat"]
    kind = "Statistic" if stat["Stat"] in SIMPLE else "ExtendedStatistic"
    return {**stat["Metric"], "Period": int(stat["Period"]), kind: stat["Stat"]}


def evaluate(alarm: dict[str, Any]) -> None:
    """Give the alarm the state that its metric calls for, and tell whom it concerns when that is new."""
    from ministack.services import cloudwatch

    if not alarm.get("MetricName"):
        _say_unsupported(alarm)
        return
    try:
        values = _values(alarm, time.time())
    except Unsupported as error:
        _say_unsupported(alarm, str(error))
        return
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


def _values(alarm: Mapping[str, Any], now: float) -> list[float | None]:
    """What the alarm looks at in each of its evaluation periods, the latest first."""
    count = alarm.get("EvaluationPeriods", 1)
    math = alarm.get("_math")
    if not math:
        return _periods(alarm, count, now)
    each = {key: _periods(metric, count, now) for key, metric in math["metrics"].items()}
    return [
        metric_math.evaluate(math["expression"], {key: values[number] for key, values in each.items()})
        for number in range(count)
    ]


def _periods(metric: Mapping[str, Any], count: int, now: float) -> list[float | None]:
    """A metric's statistic in each period; periods slide, so that nothing waits for a full minute."""
    from ministack.services import cloudwatch

    dimensions = cloudwatch._dims_from_list(metric.get("Dimensions") or [])
    key = (metric["Namespace"], metric["MetricName"], cloudwatch._dims_key(dimensions))
    points = list(cloudwatch._metrics.get(key) or [])
    period = metric.get("Period", 60)
    statistic = metric.get("ExtendedStatistic") or metric.get("Statistic", "Average")
    values = []
    for number in range(count):
        end = now - number * period
        # a point of this very second, or of a clock slightly ahead, belongs to the latest period
        latest = end if number else now + period
        inside = [point for point in points if end - period < point["Timestamp"] <= latest]
        values.append(_statistic(statistic, inside) if inside else None)
    return values


def _statistic(name: str, points: Sequence[Mapping[str, Any]]) -> float | None:
    """A statistic of points: a simple one, a percentile, or the trimmed count of those within bounds.

    Raises:
        Unsupported: it is another one.
    """
    from ministack.services import cloudwatch

    if name in SIMPLE or cloudwatch._is_percentile_stat(name):
        found: float | None = cloudwatch._stat_value(cloudwatch._calc_stats(points), name, points)
        return found
    if (bounds := TRIMMED_COUNT.fullmatch(name)) is None:
        what = f"the local cloud does not reckon {name}"
        raise Unsupported(f"the statistic {name}", what, "AWS does. Here it may be simple, pNN or TC(a:b)")
    low, high = (float(bound) if bound else None for bound in bounds.groups())
    return float(
        sum(
            count
            for value, count in cloudwatch._percentile_samples(points) or ()
            if (low is None or value > low) and (high is None or value <= high)
        )
    )


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


def _say_unsupported(alarm: Mapping[str, Any], why: str = "PutMetricAlarm with Metrics is AWS's") -> None:
    if alarm["AlarmName"] not in _unsupported:
        _unsupported.add(alarm["AlarmName"])
        log.error("alarm %s is never judged here: %s", alarm["AlarmName"], why)
