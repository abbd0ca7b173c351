"""Compare what a version on its way in predicts with what the old one does; too far apart is unwanted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from tidegate import aws, settings
from tidegate.models import shift
from tidegate.models.in_service import Records
from tidegate.models.shadowing import beside, fault, measured
from tidegate.models.signals import SHIFT, ring
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = Logger(service="compare")


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """What `deploy` prepared → how far apart the versions' scores are; too far rings the alarm."""
    known = settings.from_environment()
    records = Records(aws.client("dynamodb"), known[Setting.SERVING_TABLE])
    now = datetime.now(UTC)
    since = datetime.fromisoformat(event["since"])
    scores = shift.captured(aws.client("s3"), known[Setting.ARTEFACT_BUCKET], event["model"], since, now)
    slow = ""
    if event["way"] == "shadow" or event.get("copies"):
        live, shadow = beside(records.read(event["model"]), known[Setting.ENVIRONMENT], event)
        slow = fault(*measured(aws.client("cloudwatch"), live, shadow, since, now))
    found, unwanted = judge(records, event, scores, slow)
    if found.known:
        ring(event["endpoint"], SHIFT, found.distance)
    if unwanted and event["way"] == "update":
        ring(event["endpoint"])
    logger.info("compared", extra={"model": event["model"], "said": found.words(), "unwanted": unwanted})
    return {"unwanted": unwanted, "said": found.words()}


def judge(
    records: Records, prepared: Mapping[str, Any], scores: Mapping[int, list[float]], slow: str = ""
) -> tuple[shift.Shift, str]:
    """Compare the version on its way in with the one in service; what speaks against it, the record keeps."""
    record = records.read(prepared["model"])
    old, new = (scores.get(version, []) for version in (record.version, int(prepared["version"])))
    found = shift.compare(old, new, held=not prepared.get("writes"))
    few = "" if found.known or not prepared.get("last") else f"too few rows to compare; {found.words()}"
    unwanted = record.unwanted or (found.words() if found.too_far else slow or few)
    if unwanted != record.unwanted:
        records.change(record.model, lambda now: replace(now, unwanted=unwanted))
    return found, unwanted
