"""Walks a redriven execution from the state in which it failed to its end, as MiniStack walks a new one."""

from __future__ import annotations

import json
import logging
from typing import Any

Json = dict[str, Any]
_log = logging.getLogger(__name__)


def go_on(execution: Json, failed: Json) -> None:
    """Run the states from the one that `failed`, the event of its entering, names."""
    from ministack.services import stepfunctions

    definition = json.loads(execution["definition"])
    entered = failed["stateEnteredEventDetails"]
    try:
        output = _walk(execution, definition, entered["name"], json.loads(entered["input"]))
    except stepfunctions._ExecutionError as error:
        _end(execution, "FAILED", error=error.error, cause=error.cause)
    except Exception as error:  # noqa: BLE001 - as MiniStack's own runner: an execution must come to an end
        _log.exception("redriven execution %s", execution["executionArn"])
        _end(execution, "FAILED", error="States.Runtime", cause=str(error))
    else:
        _end(execution, "SUCCEEDED", output=json.dumps(output))


def _walk(execution: Json, definition: Json, name: str | None, given: Any) -> Any:
    from ministack.core.responses import now_iso
    from ministack.services import stepfunctions

    context = _context(execution, definition)
    while name and execution["status"] == "RUNNING":
        state = definition["States"][name]
        kind = state["Type"]
        context["State"] = {"Name": name, "EnteredTime": now_iso(), "RetryCount": 0}
        details = {"name": name, "input": json.dumps(given)}
        stepfunctions._add_event(execution, f"{kind}StateEntered", {"stateEnteredEventDetails": details})
        given, following = _step(execution, kind, state, given, context)
        details = {"name": name, "output": json.dumps(given)}
        stepfunctions._add_event(execution, f"{kind}StateExited", {"stateExitedEventDetails": details})
        name = following
    return given


def _step(execution: Json, kind: str, state: Json, given: Any, context: Json) -> tuple[Any, str | None]:
    from ministack.services import stepfunctions

    if kind == "Fail":
        raise stepfunctions._ExecutionError(*stepfunctions._fail_state_error(state, given, context))
    if kind == "Succeed":
        shown = stepfunctions._apply_input_path(state, given, context)
        return stepfunctions._apply_output_path(state, shown, context), None
    execute = getattr(stepfunctions, f"_execute_{kind.lower()}")
    arguments = (execution, context) if kind in ("Task", "Parallel", "Map") else (context,)
    output, following = execute(state, given, *arguments)
    return output, following


def _context(execution: Json, definition: Json) -> Json:
    """The context object of the first attempt, with what it says of redrives."""
    arn = execution["stateMachineArn"]
    return {
        "QueryLanguage": definition.get("QueryLanguage", "JSONPath"),
        "Execution": {
            "Id": execution["executionArn"],
            "Input": json.loads(execution["input"] or "{}"),
            "Name": execution["name"],
            "StartTime": execution["startDate"],
            "RedriveCount": execution["redriveCount"],
            "RedriveTime": execution["redriveDate"],
        },
        "StateMachine": {"Id": arn, "Name": arn.rpartition(":")[2]},
        "variables": execution["variables"],
    }


def _end(execution: Json, status: str, **members: Any) -> None:
    from ministack.core.responses import now_iso
    from ministack.services import stepfunctions

    if execution["status"] != "RUNNING":
        return  # it was aborted meanwhile
    execution |= {"status": status, "stopDate": now_iso(), **members}
    word = "Succeeded" if status == "SUCCEEDED" else "Failed"
    stepfunctions._add_event(execution, f"Execution{word}", {f"execution{word}EventDetails": members})
    say_status(execution)


def say_status(execution: Json) -> None:
    """Publish the status change of a redriven execution, which MiniStack would call the first attempt's."""
    from ministack.services import eventbridge, stepfunctions

    failed = execution["status"] == "FAILED"
    detail = {
        name: execution.get(name)
        for name in ("executionArn", "stateMachineArn", "name", "status", "input", "output", "error", "cause")
    }
    detail |= {
        "inputDetails": {"included": True},
        "startDate": stepfunctions._iso_to_epoch_ms(execution["startDate"]),
        "stopDate": stepfunctions._iso_to_epoch_ms(execution.get("stopDate")),
        "redriveCount": execution["redriveCount"],
        "redriveDate": stepfunctions._iso_to_epoch_ms(execution["redriveDate"]),
        "redriveStatus": "REDRIVABLE" if failed else "NOT_REDRIVABLE",
    }
    entry = {
        "Source": "aws.states",
        "DetailType": "Step Functions Execution Status Change",
        "Detail": json.dumps(detail),
        "Resources": [execution["executionArn"]],
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
