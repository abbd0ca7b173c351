"""A training is about to read tables: tag the snapshots that it reads, so that no expiry takes them away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from tidegate import settings
from tidegate.lake import tables, tags
from tidegate.models.run import Run
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = Logger(service="keep")


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """The training machine's input → the tag that its snapshots now have."""
    database = settings.from_environment()[Setting.DATABASE]
    run = Run.from_json(json.dumps(event))
    name = tags.of_run(run.run)
    for table, snapshot in run.tables.items():
        tags.tag(tables.catalog(), database, table, int(snapshot), name)
    logger.info("kept", extra={"run": run.run, "tag": name, "tables": dict(run.tables)})
    return {"tag": name}
