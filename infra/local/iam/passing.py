"""Who hands a role to a service needs `iam:PassRole`, and the service must be trusted by the role."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack import app
from ministack.core import iam_actions, router
from ministack.core.responses import get_account_id, get_region, new_uuid

from infra.local.iam import decide, signed

Json = dict[str, Any]
Handler = Callable[..., Any]


@dataclass(frozen=True)
class Receiver:
    """A service that is handed roles: as which principal, in which operations, what it says without trust."""

    principal: str
    operations: frozenset[str]
    source: str  # the aws:SourceArn of its AssumeRole, less the region and account
    error: str
    said: str


_SERVICES = {
    "states": Receiver(
        "states.amazonaws.com", frozenset({"CreateStateMachine", "UpdateStateMachine"}),
        "arn:aws:states:{region}:{account}:stateMachine:{name}", "AccessDeniedException",
        "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to "
        "assume the provided role.",
    ),
    "lambda": Receiver(
        "lambda.amazonaws.com", frozenset({"CreateFunction", "UpdateFunctionConfiguration"}),
        "arn:aws:lambda:{region}:{account}:function:{name}", "InvalidParameterValueException",
        "The role defined for the function cannot be assumed by Lambda.",
    ),
    "scheduler": Receiver(
        "scheduler.amazonaws.com", frozenset({"CreateSchedule", "UpdateSchedule"}),
        "arn:aws:scheduler:{region}:{account}:schedule-group/{group}", "ValidationException",
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
    ),
    "sagemaker": Receiver(
        "sagemaker.amazonaws.com",
        frozenset(
            {
                "CreateTrainingJob",
                "CreateProcessingJob",
                "CreateHyperParameterTuningJob",
                "CreateModel",
                "CreateEndpointConfig",
                "CreatePipeline",
                "UpdatePipeline",
                "CreateMlflowTrackingServer",
            }
        ),
        "arn:aws:sagemaker:{region}:{account}:*", "ValidationException",
        "Could not assume role {role}. Please ensure that the role exists and allows principal "
        "'sagemaker.amazonaws.com' to assume the role.",
    ),
    "events": Receiver("events.amazonaws.com", frozenset({"PutTargets", "PutRule"}), "", "", ""),
}  # fmt: skip


def roles_in(service: str, request: Json) -> list[str]:
    """The role ARNs that a request hands over."""
    named = [
        request.get("roleArn"),
        request.get("Role"),
        request.get("RoleArn"),
        request.get("ExecutionRoleArn"),
    ]
    if service == "sagemaker":
        named.append((request.get("TrainingJobDefinition") or {}).get("RoleArn"))
    if service == "scheduler":
        named.append((request.get("Target") or {}).get("RoleArn"))
    if service == "events":
        named += [target.get("RoleArn") for target in request.get("Targets", [])]
    return [str(role) for role in named if role]


def _guarded(service: str, receiver: Receiver, handler: Handler) -> Handler:
    async def guarded(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        if decide.enforced() and body:
            action = iam_actions.extract_iam_action(service, method, path, headers, body, query) or ""
            if action.partition(":")[2] in receiver.operations:
                refused = _refused(service, path, headers, body, query)
                if refused is not None:
                    return refused
        return await handler(method, path, headers, body, query)

    return guarded


def _refused(service: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
    receiver = _SERVICES[service]
    try:
        request = json.loads(body)
    except ValueError:
        return None  # the service says so itself
    key = router.extract_access_key_id(headers, query)
    for role in roles_in(service, request):
        context = {"iam:passedtoservice": receiver.principal}
        denied = signed.enforce(key, "iam:PassRole", "iam", get_region(), role, context)
        if denied is not None:
            who = getattr(denied, "principal_arn", "")
            return iam_actions.access_denied_response(
                service, "iam:PassRole", who, new_uuid(), headers=headers, resource_arn=role
            )
        source = receiver.source.format(
            region=get_region(),
            account=get_account_id(),
            name=request.get("name") or request.get("FunctionName") or path.rstrip("/").rsplit("/", 1)[-1],
            group=request.get("GroupName", "default"),
        )
        if source and not decide.trusts(role, receiver.principal, source):
            return _said(receiver, role)
    return None


def _said(receiver: Receiver, role: str) -> Any:
    said = receiver.said.format(role=role)
    body = {"__type": receiver.error, "message": said, "Message": said}
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": receiver.error}
    return 400, headers, json.dumps(body).encode()


def install() -> None:
    """Put ourselves before the handlers of the services that are handed roles."""
    for service, receiver in _SERVICES.items():
        if service in app.SERVICE_HANDLERS:
            app.SERVICE_HANDLERS[service] = _guarded(service, receiver, app.SERVICE_HANDLERS[service])
