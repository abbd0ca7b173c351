"""A file waits for its table: take the table's lease, and commit everything that waits at once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tidegate import aws
from tidegate.lake import tables
from tidegate.lake.announce import announce
from tidegate.lake.ledger import Ledger
from tidegate.lake.messages import each_event, seconds_left
from tidegate.lake.publication import Publisher
from tidegate.plan import plan
from tidegate.settings import Setting, from_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = Logger(service="publish")
metrics = Metrics(namespace="Tidegate", service="publish")


def publisher(seconds: float) -> Publisher:
    """What publishing needs, as the environment says."""
    settings = from_environment()
    return Publisher(
        s3=aws.client("s3"),
        lake_bucket=settings[Setting.LAKE_BUCKET],
        ledger=Ledger(settings[Setting.LEDGER_TABLE]),
        database=settings[Setting.DATABASE],
        catalog=tables.catalog(),
        say=partial(announce, aws.client("events"), settings[Setting.BUS]),
        seconds=seconds,
    )


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Publish for each dataset that a message rings for; most messages find that others have done it."""
    metrics.add_metric("Messages", MetricUnit.Count, len(event["Records"]))

    def work(told: Mapping[str, Any]) -> None:
        dataset, object_id = told["detail"]["dataset"], told["detail"]["object_id"]
        overwrite = plan().dataset(dataset).overwrite
        for fact in publisher(seconds_left(context)).publish(dataset, overwrite, object_id):
            metrics.add_metric("FilesPublished", MetricUnit.Count, len(fact.object_ids))
            metrics.add_metric("RowsPublished", MetricUnit.Count, fact.rows)
            metrics.add_metric("RowsRemoved", MetricUnit.Count, fact.removed_rows)
            logger.info("table published", dataset=dataset, snapshot=fact.snapshot_id, rows=fact.rows)

    return each_event(event, context, logger, work)
