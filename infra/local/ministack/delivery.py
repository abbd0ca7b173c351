"""EventBridge's and Scheduler's deliveries as AWS makes them: nothing that cannot be delivered is lost in
silence.

A target that is not there sends the event to the target's dead letters; a function is called
asynchronously, with Lambda's own retries and failure destination; a schedule's input has its placeholders
filled in.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger("tidegate.delivery")

Json = dict[str, Any]
DELIVERED = {"events", "lambda", "sns", "sqs", "states"}


def install() -> None:
    """Wrap the delivery, and narrow the targets that may be named to those that are delivered to."""
    from ministack.services import eventbridge

    eventbridge._invoke_target = _careful(eventbridge._invoke_target)
    eventbridge._dispatch_to_lambda = _to_function
    eventbridge._SUPPORTED_TARGET_SERVICES = DELIVERED


def _careful(deliver: Callable[..., Any]) -> Callable[..., Any]:
    def invoke_target(target: Json, event: Json, rule: Json, view: Any = None) -> Any:
        if event.get("Source") == "aws.scheduler" and "Input" in target:
            target = {**target, "Input": fill_in(target["Input"], rule, event)}
        code, why = undeliverable(target.get("Arn", ""))
        if not why:
            return deliver(target, event, rule, view)
        log.error("not delivered: %s", why)
        _to_dead_letters(target, event, rule, code, why)
        return None

    return invoke_target


def undeliverable(arn: str) -> tuple[str, str]:
    """EventBridge's error code and a sentence when `arn` cannot be delivered to, else two empty texts."""
    from ministack.core.arn import ArnParseError, parse_arn
    from ministack.services import eventbridge, lambda_svc, sns, sqs, stepfunctions

    try:
        spec = parse_arn(arn)
    except ArnParseError:
        return "INVALID_PARAMETER", f"{arn} is no ARN"
    there: dict[str, Callable[[], object]] = {
        "events": lambda: (
            spec.resource.split("/")[-1] in eventbridge._event_buses
            or spec.resource.startswith("api-destination/")
        ),
        "lambda": lambda: lambda_svc._get_func_record_for_ref(arn)[0],
        "sns": lambda: sns._topics.get(arn),
        "sqs": lambda: sqs._queue_by_arn(arn),
        "states": lambda: stepfunctions._resolve_state_machine_arn(arn),
    }
    if spec.service not in there:
        return "UNSUPPORTED", f"the local cloud does not deliver events to {spec.service} ({arn}); AWS does"
    if not there[spec.service]():
        return "NO_RESOURCE", f"{arn} does not exist"
    return "", ""


def fill_in(text: str, schedule: Json, event: Json) -> str:
    """A schedule's input with the context attributes that Scheduler knows.

    They are those of "Adding context attributes in EventBridge Scheduler" in AWS's guide.
    """
    from ministack.services import scheduler

    at = scheduler._at_time_epoch(schedule.get("ScheduleExpression", "")) or event["Time"]
    known = {
        "aws.scheduler.schedule-arn": schedule.get("Arn", ""),
        "aws.scheduler.scheduled-time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)),
        "aws.scheduler.execution-id": str(uuid.uuid4()),
        "aws.scheduler.attempt-number": "1",
    }
    for name, value in known.items():
        text = text.replace(f"<{name}>", value)
    return text


def _to_function(arn: str, payload: str) -> None:
    from ministack.services import lambda_svc

    function, config, _ = lambda_svc._get_func_record_for_ref(arn)
    record = lambda_svc._execution_record_for_config(function, config)
    lambda_svc.invoke_async_with_retry(record, json.loads(payload))


def _to_dead_letters(target: Json, event: Json, rule: Json, code: str, why: str) -> None:
    from ministack.core.arn import parse_arn
    from ministack.services import eventbridge, sqs

    arn = (target.get("DeadLetterConfig") or {}).get("Arn", "")
    queue = sqs._queue_by_arn(arn) if arn else None
    if queue is None:
        return
    if event.get("Source") == "aws.scheduler":
        said = target.get("Input", "{}")
    else:
        said = json.dumps(eventbridge._pattern_event_view(event).event_with_detail())
    eventbridge._dispatch_to_sqs(parse_arn(arn), said)
    attributes = {
        "ERROR_CODE": code,
        "ERROR_MESSAGE": why,
        "RULE_ARN": rule.get("Arn", ""),
        "TARGET_ARN": target.get("Arn", ""),
    }
    queue["messages"][-1]["message_attributes"] = {
        name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value
    }
