"""Look at a roll-out behind our front: shift requests by its course, or take its share back at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from tidegate import aws, settings
from tidegate.models.in_service import Records
from tidegate.models.shifting import Shifting
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = Logger(service="shift")


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """What `deploy` prepared, and how often it was looked at → how it goes."""
    shifting = Shifting(
        sagemaker=aws.client("sagemaker"),
        runtime=aws.client("sagemaker-runtime"),
        cloudwatch=aws.client("cloudwatch"),
        records=Records(aws.client("dynamodb"), settings.from_environment()[Setting.SERVING_TABLE]),
        now=datetime.now(UTC),
    )
    found = shifting.look(event)
    logger.info("looked", extra={"model": event["model"], "version": event["version"], "said": found})
    return found
