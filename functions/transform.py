"""A validated file's rows are staged: run the dataset's own step, and write what it returns."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tidegate.facts import FileValidated
from tidegate.lake.holding import Holding
from tidegate.lake.messages import each_event, seconds_left
from tidegate.lake.step import Step
from tidegate.lake.workplace import Workplace
from tidegate.settings import from_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = Logger(service="transform")
metrics = Metrics(namespace="Tidegate", service="transform")


@cache
def step() -> Step:
    """What a step needs, as the environment says."""
    at = Workplace.of(from_environment())
    return Step(at, Holding(at))


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
