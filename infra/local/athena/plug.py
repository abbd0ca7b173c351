"""Plug the local Athena into MiniStack: executions are ours, workgroups and all else stay MiniStack's."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import boto3
from ministack import app
from ministack.core import iam_evaluator, responses, router
from ministack.services import athena as ministack_athena
from ministack.services import stepfunctions

from infra.local.athena.access import Access
from infra.local.athena.api import Api, Caller, JsonObject
from infra.local.iam import acting
from tidegate.errors import BadRequest, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Response = tuple[int, dict[str, str], bytes]
_JSON = {"Content-Type": "application/x-amz-json-1.1"}
_FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")
_API = Api()


class _Workgroups:
    """MiniStack's own store of workgroups, with the values that AWS fills in."""

    def configuration(self, name: str) -> Mapping[str, Any] | None:
        ministack_athena._ensure_default_workgroup()
        group = ministack_athena._workgroups.get(name)
        if group is None or group.get("State", "ENABLED") != "ENABLED":
            return None
        return filled(name, group.get("Configuration") or {})


def filled(name: str, configuration: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with AWS's defaults: enforced unless said otherwise, but for `primary`."""
    return {"EnforceWorkGroupConfiguration": name != "primary", **configuration}


def caller(access_key: str) -> Caller:
    """Who holds `access_key`: Athena reads Glue and S3 as he may.

    Raises:
        Refused: the key is unknown or expired.
    """
    account, region = responses.get_account_id(), responses.get_region()
    found = iam_evaluator.resolve_credential(access_key, account)
    if isinstance(found, iam_evaluator.CredentialResolutionError):
        raise Refused("Athena", found.message, "Sign in again")
    session = boto3.Session(
        aws_access_key_id=found.access_key_id or "test",
        aws_secret_access_key=found.secret_access_key,
        aws_session_token=found.session_token,
        region_name=region,
    )
    endpoint = f"http://127.0.0.1:{app.os.environ.get('GATEWAY_PORT', '4566')}"
    return Caller(Access(session, endpoint), f"{account}/{region}", _Workgroups())


def workgroup_of(execution_id: str) -> str:
    """The workgroup of an execution; empty when there is no such execution."""
    found = _API.executions.find(execution_id, f"{responses.get_account_id()}/{responses.get_region()}")
    return found.workgroup if found else ""


def _said(status: int, answer: JsonObject) -> Response:
    return status, dict(_JSON), json.dumps(answer).encode()


async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Response:
    """One request to Athena; what waits for files or for other services waits on a thread."""
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    if operation not in _API.operations:
        answer: Response = await ministack_athena.handle_request(method, path, headers, body, query)
        return _with_defaults(answer) if operation == "GetWorkGroup" else answer
    try:
        # a state machine's aws-sdk task comes without a signature of its own
        key = acting.access_key() if acting.role_arn() else router.extract_access_key_id(headers, query)
        asking = caller(key)
        return _said(200, await asyncio.to_thread(_API.call, operation, json.loads(body or b"{}"), asking))
    except (BadRequest, Refused) as error:
        return _said(400, {"__type": "InvalidRequestException", "Message": error.what, "message": error.what})


def _with_defaults(answer: Response) -> Response:
    status, headers, body = answer
    if status != 200:
        return answer
    said = json.loads(body)
    group = said["WorkGroup"]
    group["Configuration"] = filled(group["Name"], group.get("Configuration") or {})
    return status, headers, json.dumps(said).encode()


def _task(operation: str) -> Callable[[str, JsonObject], JsonObject]:
    def run(resource: str, request: JsonObject) -> JsonObject:
        try:
            asking = caller(acting.access_key())
            answer = _API.call(operation, request, asking)
            if not resource.endswith((".sync", ".sync:2")):
                return answer
            return _waited(answer, asking)
        except (BadRequest, Refused) as error:
            raise stepfunctions._ExecutionError("Athena.InvalidRequestException", error.what) from error

    return run


def _waited(started: JsonObject, asking: Caller) -> JsonObject:
    while True:
        found = _API.call("GetQueryExecution", started, asking)
        state = found["QueryExecution"]["Status"]["State"]
        if state == "SUCCEEDED":
            return found
        if state in _FINAL:
            raise stepfunctions._ExecutionError("States.TaskFailed", json.dumps(found["QueryExecution"]))
        time.sleep(0.05)


def install() -> None:
    """Take over Athena's query executions, and add Step Functions' integrations of them."""
    app.SERVICE_HANDLERS["athena"] = handle
    for operation in ("startQueryExecution", "getQueryExecution", "getQueryResults", "stopQueryExecution"):
        name = operation[0].upper() + operation[1:]
        stepfunctions._SERVICE_DISPATCH[f"arn:aws:states:::athena:{operation}"] = _task(name)
