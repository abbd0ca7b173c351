"""Step Functions RedriveExecution: a failed execution goes on from the state in which it failed.

https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html: states that succeeded are not
run again, the definition is that of the first start, and a Fail state is entered again and fails again.
MiniStack keeps a history and the input of each state; the definition and the variables are remembered here.
"""

from __future__ import annotations

import contextvars
import copy
import datetime
import json
import threading
from typing import TYPE_CHECKING, Any

from infra.local.ministack import walking

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]
KINDS = ("pass", "task", "choice", "wait", "parallel", "map")
REDRIVABLE_DAYS = 14
MOST_EVENTS = 24_999


def install() -> None:
    """Add the action, and what others say of a redriven execution."""
    from ministack import app
    from ministack.services import stepfunctions

    for kind in KINDS:
        name = f"_execute_{kind}"
        setattr(stepfunctions, name, _remembering(getattr(stepfunctions, name)))
    stepfunctions._describe_execution = _describing(stepfunctions._describe_execution)
    stepfunctions._list_executions = _listing(stepfunctions._list_executions)
    app.SERVICE_HANDLERS["states"] = _answering(app.SERVICE_HANDLERS["states"])


def _answering(handle: Callable[..., Any]) -> Callable[..., Any]:
    async def handle_request(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        from ministack.services import stepfunctions

        if headers.get("x-amz-target", "").rpartition(".")[2] == "RedriveExecution":
            return stepfunctions._finalize_response(_redrive(json.loads(body or b"{}")))
        return await handle(method, path, headers, body, query)

    return handle_request


def _remembering(execute: Callable[..., Any]) -> Callable[..., Any]:
    """Note what a redrive needs, when an execution enters its first state."""

    def run(state: Json, given: Any, *rest: Any) -> Any:
        from ministack.services import stepfunctions

        context = rest[-1] or {}
        execution = stepfunctions._executions.get(context.get("Execution", {}).get("Id", ""))
        if execution is not None and "variables" not in execution:
            machine = stepfunctions._state_machines.get(execution["stateMachineArn"]) or {}
            execution["definition"] = machine.get("definition", "{}")
            execution["variables"] = context["variables"]  # the one dictionary that all states change
        return execute(state, given, *rest)

    return run


def _redrive(request: Json) -> Any:
    from ministack.core.responses import error_response_json, json_response, now_iso
    from ministack.services import stepfunctions

    arn = request.get("executionArn", "")
    execution = stepfunctions._executions.get(arn)
    if execution is None:
        return error_response_json("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'", 400)
    token = request.get("clientToken")
    if token and execution.get("redriveToken") == token:
        return json_response({"redriveDate": execution["redriveDate"]})
    if reason := _not_redrivable(execution):
        return error_response_json("ExecutionNotRedrivable", reason, 400)
    failed = next(event for event in reversed(execution["events"]) if event["type"].endswith("StateEntered"))
    if failed["type"].startswith(("Parallel", "Map")):
        state = failed["stateEnteredEventDetails"]["name"]
        return error_response_json(
            "UnknownOperationException",
            f"RedriveExecution of an execution that failed in {state}, a Parallel or Map state, is not "
            "implemented by the local cloud; AWS does it",
            501,
        )
    # a record of its own: a task of the aborted attempt that still runs must not go on in this one
    again = copy.deepcopy(execution)
    again |= {"status": "RUNNING", "stopDate": None, "output": None, "redriveDate": now_iso()}
    again |= {"redriveCount": execution.get("redriveCount", 0) + 1, "redriveToken": token}
    again.pop("error", None)
    again.pop("cause", None)
    stepfunctions._executions[arn] = again
    details = {"executionRedrivenEventDetails": {"redriveCount": again["redriveCount"]}}
    stepfunctions._add_event(again, "ExecutionRedriven", details)
    walking.say_status(again)
    start = contextvars.copy_context().run
    threading.Thread(target=start, args=(walking.go_on, again, failed), daemon=True).start()
    return json_response({"redriveDate": again["redriveDate"]})


def _not_redrivable(execution: Json) -> str:
    """Why an execution cannot be redriven, in AWS's words; empty when it can."""
    from ministack.services import stepfunctions

    status = execution["status"]
    if execution["stateMachineArn"] not in stepfunctions._state_machines:
        return "State machine is in DELETING status"
    if status in ("RUNNING", "SUCCEEDED"):
        return f"Execution is {status} and cannot be redriven"
    if len(execution["events"]) >= MOST_EVENTS:
        return "Execution history event limit exceeded"
    stopped = datetime.datetime.fromisoformat(str(execution["stopDate"]))
    if datetime.datetime.now(datetime.UTC) - stopped > datetime.timedelta(days=REDRIVABLE_DAYS):
        return "Execution redrivable period exceeded"
    if "definition" not in execution:
        return "Execution was started before the launch of RedriveExecution"
    return ""


def _told(execution: Json) -> Json:
    """What descriptions and lists say of redrives."""
    redriven = {"redriveDate": execution["redriveDate"]} if "redriveDate" in execution else {}
    return {"redriveCount": execution.get("redriveCount", 0), **redriven}


def _describing(describe: Callable[[Json], Any]) -> Callable[[Json], Any]:
    def described(request: Json) -> Any:
        from ministack.services import stepfunctions

        status, headers, body = describe(request)
        if status != 200:
            return status, headers, body
        execution = stepfunctions._executions[request["executionArn"]]
        reason = _not_redrivable(execution)
        said = {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}
        more = said if reason else {"redriveStatus": "REDRIVABLE"}
        return status, headers, json.dumps({**json.loads(body), **_told(execution), **more}).encode()

    return described


def _listing(list_them: Callable[[Json], Any]) -> Callable[[Json], Any]:
    def listed(request: Json) -> Any:
        from ministack.services import stepfunctions

        status, headers, body = list_them(request)
        said = json.loads(body)
        for one in said.get("executions", []):
            one.update(_told(stepfunctions._executions[one["executionArn"]]))
        return status, headers, json.dumps(said).encode()

    return listed
