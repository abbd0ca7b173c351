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

    from tidegate.models.in_service import InService

logger = Logger(service="verify")
HALF = 50  # percent: our front shifts in steps, and the last one is all of it


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """What `deploy` prepared → what came of it, by what the endpoint says of itself."""
    known, now = settings.from_environment(), datetime.now(UTC)
    records = Records(aws.client("dynamodb"), known[Setting.SERVING_TABLE])
    endpoint = answering(records, known[Setting.ENVIRONMENT], event, now)
    answers = ask(aws.client("sagemaker-runtime"), event, endpoint)
    came = judge(records, event, answers, now.isoformat(timespec="seconds"))
    if came["outcome"] in ("taken back", "went back"):
        ring(event["endpoint"], ROLLED_BACK)
    logger.info("asked", extra={"endpoint": endpoint, "answers": answers, **came})
    return {**came, "endpoint": endpoint}


def answering(records: Records, environment: str, prepared: Mapping[str, Any], now: datetime) -> str:
    """The endpoint that answers: the model's own, or that to which our front passes the most requests.

    Raises:
        Refused: our front has nobody to pass them to.
    """
    if "own_endpoint" not in prepared:
        return str(prepared["endpoint"])
    record = records.read(prepared["model"])
    if record.going_in == int(prepared["version"]) and record.shifted(now) > HALF:
        return str(prepared["own_endpoint"])
    if not record.version:
        why = prepared.get("reason") or "nobody looked after its roll-out"
        what = f"no version of it answers; version {prepared['version']} did not come into service: {why}"
        raise Refused(f"model {record.model}", what, f"See: tidegate models {record.model}")
    return record.endpoint(environment)


def ask(runtime: Any, prepared: Mapping[str, Any], endpoint: str) -> int:
    """The version that answers.

    Raises:
        Refused: it is none of this model's.
    """
    answer = runtime.invoke_endpoint(
        EndpointName=endpoint, ContentType="application/json", Body=b'{"describe": true}'
    )
    told: dict[str, Any] = json.loads(answer["Body"].read())
    if told.get("model") != prepared["model"]:
        raise Refused(
            f"the endpoint {endpoint}",
            f"{told.get('model')} answers, not {prepared['model']}",
            "Look at what was registered",
        )
    return int(told["version"])


def judge(records: Records, prepared: Mapping[str, Any], answers: int, at: str) -> dict[str, Any]:
    """What came of the deployment, which its model's record keeps: `outcome` is `deployed`, `taken back` (a
    roll-out that did not stay), `went back` (as somebody asked) or `already back`.

    Raises:
        Refused: the version to which somebody asked to go back did not come up.
    """
    model, wanted, leaves = prepared["model"], int(prepared["version"]), int(prepared["leaves"])
    arn, own = prepared["package_arn"], prepared.get("own_endpoint", "")
    if answers == wanted and not leaves:
        records.change(model, lambda now: now.answers(wanted, arn, own))
        return {"outcome": "deployed", "version": answers}
    nothing_said = "nobody looked after its share" if own else "SageMaker gives no reason"
    said = prepared.get("reason", "") or nothing_said
    if answers != wanted and leaves:
        raise _did_not_come(records, prepared, TakenBack(version=wanted, back_to=answers, reason=said, at=at))
    if prepared["way"] == "nothing":
        return {"outcome": "already back", "version": answers}
    reason = prepared["because"] or "; ".join(filter(None, (records.read(model).unwanted, said)))
    taken = TakenBack(version=leaves or wanted, back_to=answers, reason=reason, at=at)

    def left(now: InService) -> InService:
        back = now.went_back(taken)
        if leaves or own:
            return back.answers(wanted, arn, own) if leaves else back
        # an aborted deployment leaves SageMaker at its update, and nobody asked what came of it
        known = back.version == answers
        return back if known else back.answers(answers, f"{arn.rpartition('/')[0]}/{answers}")

    kept = records.change(model, left).taken_back[-1]  # the first words, where this is asked again
    outcome = "went back" if leaves else "taken back"
    return {"outcome": outcome, "version": kept.version, "back_to": answers, "reason": kept.reason}


def _did_not_come(records: Records, prepared: Mapping[str, Any], taken: TakenBack) -> Refused:
    """Nobody is on the way in any more, unless another execution took over; it can be asked for again."""
    what = f"version {taken.version} did not come up: {taken.reason}; version {taken.back_to} answers"
    mine = ("", prepared.get("execution", ""))

    def ended(now: InService) -> InService:
        return now.went_back(taken) if now.held_by in mine or "own_endpoint" not in prepared else now

    records.change(prepared["model"], ended)
    return Refused(
        f"model {prepared['model']}", what, f"Ask again, or see: tidegate models {prepared['model']}"
    )
