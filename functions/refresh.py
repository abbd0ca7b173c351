"""A table was published: copy the new rows that live predictions look up into the lookup table."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tidegate import aws
from tidegate.facts import TablePublished
from tidegate.lake.lookups import copy_rows
from tidegate.plan import LookupPlan, plan
from tidegate.settings import Setting, from_environment

logger = Logger(service="refresh")
metrics = Metrics(namespace="Tidegate", service="refresh")


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> None:  # noqa: ARG001 - Lambda passes it
    """Copy the rows of the files that one commit published; an error has Lambda call again."""
    settings, fact = from_environment(), TablePublished.from_event(event)
    for lookup in lookups_of(fact.dataset):
        rows = copy_rows(
            aws.client("s3"),
            aws.client("dynamodb"),
            settings[Setting.LAKE_BUCKET],
            settings[Setting.LOOKUP_TABLE],
            lookup=lookup,
            editions=fact.editions or fact.object_ids,
            sequence=fact.sequence,
        )
        logger.info("rows copied", dataset=fact.dataset, by=lookup.by, rows=rows)
    metrics.add_metric("RowsToLookUp", MetricUnit.Count, fact.rows)


def lookups_of(dataset: str) -> list[LookupPlan]:
    """The ways in which models look rows of a dataset up, each once."""
    found = [look for model in plan().models.values() for look in model.lookups if look.dataset == dataset]
    return list(dict.fromkeys(found))
