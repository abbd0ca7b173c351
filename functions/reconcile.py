"""A clock struck: find objects that no event told of and work that stopped, and set them going again."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tidegate import aws
from tidegate.lake.announce import announce
from tidegate.lake.ledger import Ledger
from tidegate.lake.reconciliation import Reconciler
from tidegate.settings import Setting, from_environment

logger = Logger(service="reconcile")
metrics = Metrics(namespace="Tidegate", service="reconcile")
_LAST_PAGE = 20.0  # seconds that one more page may take


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - a clock has nothing to say
    """Walk the landing bucket as far as the time allows; the next call goes on from there."""
    settings = from_environment()
    found = Reconciler(
        s3=aws.client("s3"),
        landing_bucket=settings[Setting.LANDING_BUCKET],
        ledger=Ledger(settings[Setting.LEDGER_TABLE]),
        say=partial(announce, aws.client("events"), settings[Setting.BUS]),
        time_left=lambda: context.get_remaining_time_in_millis() / 1000 - _LAST_PAGE,
    ).walk()
    metrics.add_metric("ObjectsLost", MetricUnit.Count, found.lost)
    metrics.add_metric("ObjectsStuck", MetricUnit.Count, found.stuck)
    logger.info("reconciled", **asdict(found))
    return asdict(found)
