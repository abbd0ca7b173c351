"""A training is about to read tables: tag the snapshots that it reads, so that no expiry takes them away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from tidegate import settings
from tidegate.lake import tables, tags
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = Logger(service="keep")


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """The training machine's input, or a pipeline's step's → the tag that its snapshots now have."""
    database = settings.from_environment()[Setting.DATABASE]
    name = tags.of_run(event["run"])
    for table, snapshot in event["tables"].items():
        tags.tag(tables.catalog(), database, table, int(snapshot), name)
    logger.info("kept", extra={"run": event["run"], "tag": name, "tables": event["tables"]})
    return {"tag": name}
