"""An object landed: check it against its dataset's contract, quarantine what is bad, keep what is good."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tidegate.facts import ReplayRequested
from tidegate.lake.disguises import Disguises
from tidegate.lake.holding import Holding
from tidegate.lake.intake import Intake
from tidegate.lake.landed import landed_from
from tidegate.lake.messages import each_event, seconds_left
from tidegate.lake.workplace import Workplace
from tidegate.settings import from_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidegate.lake.entry import Entry

logger = Logger(service="validate")
metrics = Metrics(namespace="Tidegate", service="validate")


@cache
def intake() -> Intake:
    """What validating needs, as the environment says."""
    settings = from_environment()
    at = Workplace.of(settings)
    return Intake(at, Disguises.of(settings), Holding(at))


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Validate the objects that a batch of messages tells of, be they new or judged again."""
    metrics.add_metric("Messages", MetricUnit.Count, len(event["Records"]))

    def work(told: Mapping[str, Any]) -> None:
        seconds = seconds_left(context)
        if told.get("detail-type") == ReplayRequested.name():
            entry = intake().replay(ReplayRequested.from_event(told), seconds)
        else:
            entry = intake().validate(landed_from(told), seconds)
        if entry is not None:
            measure(entry)

    return each_event(event, context, logger, work)


def measure(entry: Entry) -> None:
    """Count what a file came to, and say it in the log without a word of its content."""
    metrics.add_metric("ChangesFirstSeen", MetricUnit.Count, entry.drifts_first_seen)
    if entry.generation:  # its rows were counted when it landed
        metrics.add_metric("FilesReplayed", MetricUnit.Count, 1)
        metrics.add_metric("RowsRecovered", MetricUnit.Count, entry.recovered_rows)
        metrics.add_metric("RowsRetracted", MetricUnit.Count, entry.retracted_rows)
    else:
        metrics.add_metric(f"Files{entry.state.value.title()}", MetricUnit.Count, 1)
        metrics.add_metric("RowsGood", MetricUnit.Count, entry.good_rows)
        metrics.add_metric("RowsQuarantined", MetricUnit.Count, entry.bad_rows)
    logger.info(
        "file checked",
        object_id=entry.object_id,
        dataset=entry.dataset,
        generation=entry.generation,
        state=entry.state.value,
        good_rows=entry.good_rows,
        bad_rows=entry.bad_rows,
    )
