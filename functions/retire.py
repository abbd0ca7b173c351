"""Once a day: which endpoints nobody asks, what they cost, and those gone whose model wants it so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from tidegate import aws, settings
from tidegate.models.idling import IdleEndpoints
from tidegate.models.in_service import Records
from tidegate.models.signals import IDLE, ring
from tidegate.plan import plan
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = Logger(service="retire")


def handler(event: Mapping[str, Any], _context: object) -> dict[str, str]:
    """The clock's stroke, or a person's `{"days": n}` → what was said of each idle endpoint."""
    known = settings.from_environment()
    records = Records(aws.client("dynamodb"), known[Setting.SERVING_TABLE])
    idle = IdleEndpoints(
        aws.client("sagemaker"),
        aws.client("cloudwatch"),
        records,
        known[Setting.ENVIRONMENT],
        lambda endpoint, dollars: ring(endpoint, IDLE, dollars),
    )
    now, days = datetime.now(UTC), event.get("days")
    found = {name: idle.look(model, now, days) for name, model in plan().models.items()}
    logger.info("looked", extra={"said": found})
    return found
