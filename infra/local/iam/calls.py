"""Which IAM actions a Step Functions task needs, on which resources.

Sources: the "IAM policies for" pages of the Step Functions developer guide, one a service integration.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region
from ministack.services import stepfunctions

from infra.local.iam import events

Json = dict[str, Any]

_ROLE_MEMBERS = ("RoleArn", "ExecutionRoleArn", "roleArn", "Role")


@dataclass(frozen=True)
class Call:
    """One call that has to be allowed."""

    action: str
    resource: str
    context: dict[str, Any] = field(default_factory=dict)


def calls(resource: str, request: Json) -> list[Call]:
    """Every call that the task makes as the machine's role."""
    if ":activity:" in resource:
        return []
    if resource.startswith("arn:aws:lambda:"):
        return [Call("lambda:InvokeFunction", resource)]
    parts = resource.split(":")
    if len(parts) < 7 or parts[2] != "states":
        return []
    if parts[5] == "aws-sdk":
        return _sdk(parts[6].lower(), parts[7].partition(".")[0], request)
    operation, _, pattern = parts[6].partition(".")
    return _optimised(parts[5], operation, request, waits=pattern.startswith("sync"))


def _optimised(service: str, operation: str, request: Json, *, waits: bool) -> list[Call]:
    if service == "lambda":
        function = str(request.get("FunctionName", ""))
        arn = function if function.startswith("arn:") else _arn("lambda", f"function:{function}")
        return [Call("lambda:InvokeFunction", arn)]
    if service == "states":
        return [Call("states:StartExecution", str(request.get("StateMachineArn", "")))]
    name = _pascal(operation)
    if service == "events":
        said = events.contexts(request.get("Entries", []))
        return [Call("events:PutEvents", arn, context) for arn in _buses(request) for context in said]
    if service == "sagemaker":
        return _sagemaker(name, request, waits=waits)
    if service == "athena" and waits:
        return [*_sdk(service, operation, request), *_sdk(service, "getQueryExecution", request)]
    return _sdk(service, operation, request)


def _buses(request: Json) -> list[str]:
    named = {str(entry.get("EventBusName") or "default") for entry in request.get("Entries", [])}
    return sorted(name if name.startswith("arn:") else _arn("events", f"event-bus/{name}") for name in named)


def _sagemaker(name: str, request: Json, *, waits: bool) -> list[Call]:
    arn = _resource("sagemaker", "SageMaker", name, request)
    found = [Call(f"sagemaker:{name}", arn), *_passed(request, "sagemaker.amazonaws.com")]
    if request.get("Tags"):
        found.append(Call("sagemaker:AddTags", arn))
    if waits:
        found.append(Call(f"sagemaker:Describe{name.removeprefix('Create')}", arn))
    return found


def _passed(request: Json, service: str) -> list[Call]:
    handing = (request, request.get("TrainingJobDefinition") or {})  # a tuning's role is its training jobs'
    named = [str(given.get(member, "")) for given in handing for member in _ROLE_MEMBERS]
    roles = [role for role in named if role.startswith("arn:")]
    return [Call("iam:PassRole", role, {"iam:PassedToService": service}) for role in roles]


def _sdk(service: str, operation: str, request: Json) -> list[Call]:
    """An aws-sdk call, its resource found as for a signed call."""
    name = _pascal(operation)
    if service == "sagemaker":
        return _sagemaker(name, request, waits=False)
    if service == "lambda" and name == "Invoke":
        return _optimised("lambda", "invoke", request, waits=False)
    if service == "eventbridge" and name == "PutEvents":
        return _optimised("events", "putEvents", request, waits=False)
    entry = stepfunctions._AWS_SDK_SERVICE_MAP.get(service, {})
    key = entry.get("service_key", service)
    arn = _resource(key, entry.get("target_prefix", key), name, request)
    namespace = iam_actions.SERVICE_TO_IAM_NAMESPACE.get(key, key)
    return [Call(f"{namespace}:{name}", arn)]


def _resource(service: str, target: str, operation: str, request: Json) -> str:
    """The resource of a call, as for one that a client signs."""
    headers = {"x-amz-target": f"{target}.{operation}"}
    query = {member: [value] for member, value in request.items() if isinstance(value, str)}
    query["Action"] = [operation]
    path = f"/{request.get('Bucket', '')}/{request.get('Key', '')}".rstrip("/") if service == "s3" else "/"
    body = json.dumps(request).encode()
    scope = (get_region(), get_account_id())
    return iam_actions.extract_resource_arn(service, "POST", path, headers, body, query, *scope) or "*"


def _pascal(operation: str) -> str:
    return operation[:1].upper() + operation[1:]


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{get_region()}:{get_account_id()}:{resource}"
