"""Deliveries of EventBridge, its Scheduler and API Gateway, refused where AWS would refuse them.

A rule reaches a queue or a function by the target's own policy, a state machine or another bus by the
target's role; a schedule reaches everything by its role. What is refused goes to the target's dead letters.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import get_account_id, get_region
from ministack.services import apigateway, eventbridge, kms, lambda_svc, sns, sqs

from infra.local.iam import decide, keys

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger("iam")
_RULES = "events.amazonaws.com"
_SCHEDULER = "scheduler.amazonaws.com"
_GATEWAY = "apigateway.amazonaws.com"
_ROLE_ACTIONS = {
    "sqs": "sqs:SendMessage",
    "lambda": "lambda:InvokeFunction",
    "states": "states:StartExecution",
    "sns": "sns:Publish",
    "events": "events:PutEvents",
}
Json = dict[str, Any]


def refusal(target: Json, source: Json) -> str:  # noqa: PLR0911 - one return a kind of target
    """Why the delivery of a rule or a schedule is refused; empty when it is allowed."""
    arn = target.get("Arn", "")
    try:
        service = parse_arn(arn).service
    except ArnParseError:
        return ""  # what is no ARN is MiniStack's to complain of
    if _is_schedule(source):
        return _refused_role(target.get("RoleArn", ""), _SCHEDULER, _group_arn(source), service, arn)
    rule = eventbridge._rule_arn(source.get("Name", ""), source.get("EventBusName", "default"))
    if service == "sqs":
        return _refused_queue(arn, rule)
    if service == "lambda":
        return _refused_function(arn, _RULES, rule)
    if service == "sns":
        found = sns.topic_policy_for_arn(arn)
        allowed = found is not None and decide.service_may(found[0], _RULES, "sns:Publish", arn, rule)
        return "" if allowed else f"the policy of {arn} does not let {_RULES} publish"
    if service == "states" or (service == "events" and target.get("RoleArn")):
        return _refused_role(target.get("RoleArn", ""), _RULES, rule, service, arn)
    return ""


def _is_schedule(source: Json) -> bool:
    return ":schedule/" in str(source.get("Arn", ""))


def _group_arn(schedule: Json) -> str:
    # AWS: "Confused deputy prevention in EventBridge Scheduler" names the schedule group, not the schedule.
    group = schedule.get("GroupName", "default")
    return f"arn:aws:scheduler:{get_region()}:{get_account_id()}:schedule-group/{group}"


def _refused_role(role: str, service: str, source_arn: str, target: str, arn: str) -> str:
    action = _ROLE_ACTIONS.get(target)
    if not role:
        return f"the target {arn} names no role"
    if not decide.trusts(role, service, source_arn):
        return f"the trust policy of {role} does not let {service} assume it"
    if action and not decide.role_may(role, action, arn, session=service.partition(".")[0]):
        return f"{role} is not allowed {action} on {arn}"
    for use in keys.behind(action or "", arn):
        if not decide.role_may(role, use.action, use.key, use.context, service.partition(".")[0]):
            return f"{role} is not allowed {use.action} on {use.key}"
    return ""


def _refused_queue(arn: str, rule: str) -> str:
    found = sqs.queue_policy_for_arn(arn)
    if found is None or not decide.service_may(found[0], _RULES, "sqs:SendMessage", arn, rule):
        return f"the policy of {arn} does not let {_RULES} send for {rule}"
    for use in keys.behind("sqs:SendMessage", arn):
        policy = kms.key_policy_for_arn(use.key)
        if policy is None or not decide.service_may(policy[0], _RULES, use.action, use.key, rule):
            return f"the policy of {use.key} does not let {_RULES} use {use.action}"
    return ""


def _refused_function(arn: str, service: str, source_arn: str) -> str:
    found = lambda_svc.function_policy_for_arn(arn)
    if found is None or not decide.service_may(found[0], service, "lambda:InvokeFunction", arn, source_arn):
        return f"no permission of {arn} lets {service} invoke it for {source_arn}"
    return ""


def _guarded(deliver: Callable[..., Any]) -> Callable[..., Any]:
    def invoke_target(target: Json, event: Json, rule: Json, view: Any = None) -> Any:
        why = refusal(target, rule) if decide.enforced() else ""
        if not why:
            return deliver(target, event, rule, view)
        _log.warning("AccessDenied: not delivered: %s", why)
        _to_dead_letters(target, event, rule, why)
        return None

    return invoke_target


def _to_dead_letters(target: Json, event: Json, rule: Json, why: str) -> None:
    queue_arn = (target.get("DeadLetterConfig") or {}).get("Arn", "")
    queue = sqs._queue_by_arn(queue_arn) if queue_arn else None
    if queue is None:
        return
    refused = refusal({"Arn": queue_arn, "RoleArn": target.get("RoleArn", "")}, rule)
    if refused:
        _log.warning("AccessDenied: not even to the dead letters: %s", refused)
        return
    said = eventbridge._pattern_event_view(event).event_with_detail()
    eventbridge._dispatch_to_sqs(parse_arn(queue_arn), json.dumps(said))
    # AWS: "Using dead-letter queues to process undelivered events" lists these attributes.
    attributes = {"ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": why, "TARGET_ARN": target.get("Arn", "")}
    queue["messages"][-1]["message_attributes"] = {
        name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
    }


def _guarded_gateway(invoke: Callable[..., Any]) -> Callable[..., Any]:
    async def invoke_lambda_proxy(
        integration: Json, api_id: str, stage: str, path: str, method: str, *rest: Any, **more: Any
    ) -> Any:
        reference = apigateway._extract_lambda_ref_from_integration_uri(integration.get("integrationUri", ""))
        route = rest[3] if len(rest) > 3 else more.get("route_key", "$default")
        verb, _, template = str(route).partition(" ")
        called = f"{stage}/{verb}{template}" if template else f"{stage}/{verb}"
        source = f"arn:aws:execute-api:{get_region()}:{get_account_id()}:{api_id}/{called}"
        why = _refused_function(reference, _GATEWAY, source) if decide.enforced() else ""
        if not why:
            return await invoke(integration, api_id, stage, path, method, *rest, **more)
        _log.warning("AccessDenied: not invoked: %s", why)
        body = json.dumps({"message": "Internal Server Error"}).encode()
        return 500, {"Content-Type": "application/json"}, body

    return invoke_lambda_proxy


def install() -> None:
    """Put ourselves before MiniStack's deliveries."""
    eventbridge._invoke_target = _guarded(eventbridge._invoke_target)
    apigateway._invoke_lambda_proxy = _guarded_gateway(apigateway._invoke_lambda_proxy)
