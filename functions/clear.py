"""Remove the endpoints of a serverless model that answer nobody, but for the one to which a rollback goes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from tidegate import aws, settings
from tidegate.models.in_service import Records
from tidegate.models.leftovers import leftovers
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = Logger(service="clear")


def handler(event: Mapping[str, Any], _context: object) -> list[str]:
    """What `deploy` prepared → the endpoints that are gone."""
    known, sagemaker = settings.from_environment(), aws.client("sagemaker")
    record = Records(aws.client("dynamodb"), known[Setting.SERVING_TABLE]).read(event["model"])
    gone = leftovers(sagemaker, known[Setting.ENVIRONMENT], record, datetime.now(UTC))
    for name in gone:
        sagemaker.delete_endpoint(EndpointName=name)
    logger.info("cleared", extra={"model": event["model"], "endpoints": gone})
    return gone
