"""A clock struck: judge what a model was asked and answered since the last look, and say what drifted."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tidegate import aws, find
from tidegate.lake.announce import announce
from tidegate.models.watch.labels import Athena
from tidegate.models.watch.look import Looking, look
from tidegate.models.watch.versions import version
from tidegate.plan import plan
from tidegate.settings import Setting, from_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidegate.models.declare import Model
    from tidegate.models.watch.versions import Version

logger = Logger(service="monitor")
metrics = Metrics(namespace="Tidegate", service="monitor")
FOR_THE_REST = 30.0  # seconds, beside what a query may take


@metrics.log_metrics
def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Look at the one model that the event names."""
    model = find.model(event["model"])
    seen = look(model, plan().dataset(model.request).table, looking(context))
    metrics.add_dimension(name="model", value=model.name)
    metrics.add_metric("Looks", MetricUnit.Count, 1)
    if seen.report is not None:
        measure(seen.report)
    logger.info("looked", extra={"model": model.name, "said": seen.said})
    return {"model": model.name, "said": seen.said, "report": seen.report}


def measure(report: Mapping[str, Any]) -> None:
    """Tell a report's figures to CloudWatch."""
    metrics.add_metric("DriftsFound", MetricUnit.Count, len(report["found"]))
    metrics.add_metric("WorstPsi", MetricUnit.NoUnit, report["worst_psi"])
    metrics.add_metric("PredictionShift", MetricUnit.NoUnit, report["score_psi"])
    if report["quality"]["auc"] is not None:
        metrics.add_metric("LiveAuc", MetricUnit.NoUnit, report["quality"]["auc"])


def looking(context: Any) -> Looking:
    """What a look needs, as the environment says."""
    known = from_environment()
    s3, bucket = aws.client("s3"), known[Setting.ARTEFACT_BUCKET]

    def of(model: Model, number: int) -> Version:
        return version(s3, aws.client("sagemaker"), known[Setting.ENVIRONMENT], model, number)

    return Looking(
        s3=s3,
        bucket=bucket,
        athena=Athena(
            client=aws.client("athena"),
            s3=s3,
            database=known[Setting.DATABASE],
            workgroup=known[Setting.WORKGROUP],
            seconds=max(context.get_remaining_time_in_millis() / 1000 - FOR_THE_REST, 1.0),
        ),
        version=of,
        say=partial(announce, aws.client("events"), known[Setting.BUS]),
        clock=lambda: datetime.now(UTC),
    )
