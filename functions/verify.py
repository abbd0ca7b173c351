"""Ask an endpoint which version answers: a roll-out that was taken back must not be told as a success."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from tidegate import aws, settings
from tidegate.errors import Refused
from tidegate.models.in_service import Records, TakenBack
from tidegate.models.signals import ROLLED_BACK, ring
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = Logger(service="verify")


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """What `deploy` prepared → what came of it, by what the endpoint says of itself."""
    answers = ask(aws.client("sagemaker-runtime"), event)
    records = Records(aws.client("dynamodb"), settings.from_environment()[Setting.SERVING_TABLE])
    came = judge(records, event, answers, datetime.now(UTC).isoformat(timespec="seconds"))
    if came["outcome"] in ("taken back", "went back"):
        ring(event["endpoint"], ROLLED_BACK)
    logger.info("asked", extra={"endpoint": event["endpoint"], "answers": answers, **came})
    return came


def ask(runtime: Any, prepared: Mapping[str, Any]) -> int:
    """The version that answers.

    Raises:
        Refused: it is none of this model's.
    """
    answer = runtime.invoke_endpoint(
        EndpointName=prepared["endpoint"], ContentType="application/json", Body=b'{"describe": true}'
    )
    told: dict[str, Any] = json.loads(answer["Body"].read())
    if told.get("model") != prepared["model"]:
        raise Refused(
            f"the endpoint {prepared['endpoint']}",
            f"{told.get('model')} answers, not {prepared['model']}",
            "Look at what was registered",
        )
    return int(told["version"])


def judge(records: Records, prepared: Mapping[str, Any], answers: int, at: str) -> dict[str, Any]:
    """What came of the deployment, which its model's record keeps: `outcome` is `deployed`, `taken back` (a
    roll-out that did not stay), `went back` (as somebody asked) or `already back`.

    Raises:
        Refused: a version answers that nobody sent there.
    """
    model, wanted, leaves = prepared["model"], int(prepared["version"]), int(prepared["leaves"])
    if answers == wanted and not leaves:
        records.change(model, lambda now: now.answers(wanted, prepared["package_arn"]))
        return {"outcome": "deployed", "version": answers}
    if answers != wanted and leaves:
        raise Refused(
            f"the endpoint {prepared['endpoint']}",
            f"version {answers} of {model} answers, not version {wanted}, which served before",
            f"See: tidegate models {model}",
        )
    if prepared["way"] == "nothing":
        return {"outcome": "already back", "version": answers}
    said = prepared.get("reason", "") or "SageMaker gives no reason"
    reason = prepared["because"] or " ".join(filter(None, (records.read(model).unwanted, said)))
    taken = TakenBack(version=leaves or wanted, back_to=answers, reason=reason, at=at)
    records.change(model, lambda now: now.went_back(taken))
    outcome = "went back" if leaves else "taken back"
    return {"outcome": outcome, "version": taken.version, "back_to": answers, "reason": reason}
