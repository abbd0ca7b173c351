"""What MiniStack takes and then leaves out in silence is refused here, by its name."""

from __future__ import annotations

from typing import Any

from infra.local.ministack.delivery import DELIVERED
from tidegate.errors import Unsupported

MAP_FIELDS = ("ItemBatcher", "ResultWriter")


def install() -> None:
    """Refuse fields of a Map state, and universal targets of a schedule."""
    from ministack.services import scheduler, stepfunctions
    from ministack.services.cloudformation import provisioners

    execute_map = stepfunctions._execute_map

    def execute_whole_map(state: dict[str, Any], *rest: Any) -> Any:
        left_out = [name for name in MAP_FIELDS if name in state]
        if left_out:
            raise stepfunctions._ExecutionError(
                "States.Runtime",
                f"the local cloud does not do {' and '.join(left_out)} of a Map state; AWS does",
            )
        return execute_map(state, *rest)

    stepfunctions._execute_map = execute_whole_map
    for kind in ("AWS::Scheduler::Schedule", "AWS::Events::Rule"):
        _check_targets(provisioners._RESOURCE_HANDLERS, kind)
    scheduler._create_schedule = _only_delivered(scheduler._create_schedule)
    scheduler._update_schedule = _only_delivered(scheduler._update_schedule)


def _check_targets(handlers: dict[str, dict[str, Any]], kind: str) -> None:
    """CloudFormation writes rules and schedules past the APIs' own checks."""
    theirs = handlers[kind]

    def create(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        _refuse_targets(kind, properties)
        return theirs["create"](logical_id, properties, stack)

    def update(name: str, old: dict[str, Any], new: dict[str, Any], *rest: Any) -> Any:
        _refuse_targets(kind, new)
        return theirs["update"](name, old, new, *rest)

    handlers[kind] = {**theirs, "create": create, "update": update}


def _refuse_targets(kind: str, properties: dict[str, Any]) -> None:
    for target in [properties.get("Target"), *properties.get("Targets", [])]:
        arn = str((target or {}).get("Arn", ""))
        if arn.startswith("arn:") and arn.split(":")[2] not in DELIVERED:
            raise Unsupported(
                kind,
                f"the local cloud does not deliver to {arn}",
                f"AWS does; here a target is one of {', '.join(sorted(DELIVERED))}",
            )


def _only_delivered(write: Any) -> Any:
    def write_schedule(name: str, body: dict[str, Any]) -> Any:
        from ministack.core.responses import error_response_json

        arn = (body.get("Target") or {}).get("Arn", "")
        if ":::aws-sdk:" in arn:
            said = f"the local cloud does not call {arn}; AWS does. Let it start a function"
            return error_response_json("ValidationException", said, 400)
        return write(name, body)

    return write_schedule
