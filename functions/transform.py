"""A validated file's rows are staged: run the dataset's own step, and write what it returns."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tidegate import aws, find
from tidegate.facts import FileValidated
from tidegate.lake.announce import announce
from tidegate.lake.ledger import Ledger
from tidegate.lake.messages import each_event, seconds_left
from tidegate.lake.quarantine import Quarantine
from tidegate.lake.step import Step
from tidegate.settings import Setting, from_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = Logger(service="transform")
metrics = Metrics(namespace="Tidegate", service="transform")


@cache
def step() -> Step:
    """What a step needs, as the environment says."""
    settings, s3 = from_environment(), aws.client("s3")
    return Step(
        s3=s3,
        lake_bucket=settings[Setting.LAKE_BUCKET],
        ledger=Ledger(settings[Setting.LEDGER_TABLE]),
        quarantine=Quarantine(s3, settings[Setting.QUARANTINE_BUCKET]),
        datasets=find.datasets(),
        say=partial(announce, aws.client("events"), settings[Setting.BUS]),
    )


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Transform the files that a batch of messages tells of."""
    metrics.add_metric("Messages", MetricUnit.Count, len(event["Records"]))

    def work(told: Mapping[str, Any]) -> None:
        entry = step().transform(FileValidated.from_event(told).object_id, seconds_left(context))
        if entry is not None:
            metrics.add_metric(f"Files{entry.state.value.title()}", MetricUnit.Count, 1)
            metrics.add_metric("RowsTransformed", MetricUnit.Count, entry.good_rows)
            logger.info("file transformed", object_id=entry.object_id, dataset=entry.dataset)

    return each_event(event, context, logger, work)
