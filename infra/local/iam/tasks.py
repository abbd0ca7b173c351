"""A state machine's tasks act with the machine's role: each call is authorised before MiniStack makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import stepfunctions

from infra.local.iam import acting, decide
from infra.local.iam.calls import Call, calls

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]
_STATES = "states.amazonaws.com"
_PREFIX = {  # as MiniStack prefixes the errors of aws-sdk tasks
    **stepfunctions._AWS_SDK_ERROR_PREFIX,
    "sagemaker": "SageMaker",
    "events": "EventBridge",
    "states": "Sfn",
}


def _role_of(execution: Json | None) -> str:
    machine = stepfunctions._state_machines.get((execution or {}).get("stateMachineArn", ""))
    return str(machine["roleArn"]) if machine else ""


def _acting(execute: Callable[..., Any]) -> Callable[..., Any]:
    def execute_task(state: Json, given: Any, execution: Json | None, context: Json) -> Any:
        role = _role_of(execution)
        if not role or not decide.enforced():
            return execute(state, given, execution, context)
        with acting.acting_as(role, (execution or {}).get("name", "execution")[:64]):
            return execute(state, given, execution, context)

    return execute_task


def authorise(resource: str, request: Any) -> None:
    """Let the task pass, or fail it as AWS does.

    Raises:
        _ExecutionError: the machine's role may not be assumed, or does not allow a call.
    """
    role = acting.role_arn()
    if not role or not decide.enforced():
        return
    machines = f"arn:aws:states:{get_region()}:{get_account_id()}:stateMachine:*"
    if not trusted(role):
        raise stepfunctions._ExecutionError(
            "States.TaskFailed",
            f"Neither the global service principal {_STATES}, nor the regional one is authorized to assume "
            f"the provided role {role} for {machines}",
        )
    for call in calls(resource, request if isinstance(request, dict) else {}):
        if not decide.role_may(role, call.action, call.resource, call.context, acting.session_name()):
            raise _denied(role, call)


def trusted(role: str) -> bool:
    """Whether Step Functions may assume the role for one of the account's state machines."""
    region, account = get_region(), get_account_id()
    arns = [key for key in stepfunctions._state_machines if _role_of({"stateMachineArn": key}) == role]
    source = arns[0] if arns else f"arn:aws:states:{region}:{account}:stateMachine:new"
    return decide.trusts(role, _STATES, source)


def _denied(role: str, call: Call) -> Exception:
    service = call.action.partition(":")[0]
    name = role.rsplit("/", 1)[-1]
    who = f"arn:aws:sts::{role.split(':')[4]}:assumed-role/{name}/{acting.session_name()}"
    error: Exception = stepfunctions._ExecutionError(
        f"{_PREFIX.get(service, service.capitalize())}.AccessDeniedException",
        f"User: {who} is not authorized to perform: {call.action} on resource: {call.resource} because no "
        f"identity-based policy allows the {call.action} action",
    )
    return error


def _guarded(invoke: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(resource: str, request: Any, *rest: Any) -> Any:
        authorise(resource, request)
        return invoke(resource, request, *rest)

    return guarded


def install() -> None:
    """Put ourselves before MiniStack's tasks."""
    stepfunctions._execute_task = _acting(stepfunctions._execute_task)
    stepfunctions._invoke_resource = _guarded(stepfunctions._invoke_resource)
    stepfunctions._invoke_with_callback = _guarded(stepfunctions._invoke_with_callback)
