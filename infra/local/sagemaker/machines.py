"""Step Functions' optimised integrations with SageMaker, for MiniStack's table of service integrations.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html: `.sync` waits for a job and
returns its description; a job that fails is States.TaskFailed with the description as the cause. Errors of
the API carry the names of the Java SDK's exceptions, SageMaker.AmazonSageMakerException for those that have
none of their own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from infra.local.sagemaker.faults import ApiError

if TYPE_CHECKING:
    from infra.local.sagemaker.backend import Backend

PREFIX = "arn:aws:states:::sagemaker:"
LOOK_EVERY_SECONDS = 0.05
TASKS = {
    "createTrainingJob": "TrainingJob",
    "createProcessingJob": "ProcessingJob",
    "createTransformJob": "TransformJob",
    "createHyperParameterTuningJob": "HyperParameterTuningJob",
    "createModel": "",
    "createEndpointConfig": "",
    "createEndpoint": "",
    "updateEndpoint": "",
    # named so that the refusal names them; MiniStack matches by prefix, so the longer names come first
    "createLabelingJob": "",
}
# the exceptions that SageMaker's SDKs have a class for
NAMED = {
    "ResourceInUse": "ResourceInUseException",
    "ResourceNotFound": "ResourceNotFoundException",
    "ResourceLimitExceeded": "ResourceLimitExceededException",
    "ConflictException": "ConflictException",
}
OTHERS = (
    "ValidationException",
    "UnknownOperationException",
    "SerializationException",
    "AccessDeniedException",
)
# what `aws-sdk:sagemaker:*` calls them: version 2 of the Java SDK, whose base class has another name
SDK_NAMES = {**NAMED, **dict.fromkeys(OTHERS, "SageMakerException")}

Task = Callable[[str, dict[str, Any]], dict[str, Any]]
_execution: ContextVar[dict[str, Any] | None] = ContextVar("tidegate_execution", default=None)


def knowing(execute: Callable[..., Any]) -> Callable[..., Any]:
    """MiniStack's task state, which lets a job know whose it is: an execution that is stopped stops it."""

    def execute_task(state: Any, given: Any, execution: dict[str, Any] | None, context: Any) -> Any:
        token = _execution.set(execution)
        try:
            return execute(state, given, execution, context)
        finally:
            _execution.reset(token)

    return execute_task


def tasks(backend: Callable[[], Backend], fail: Callable[[str, str], Exception]) -> dict[str, Task]:
    """A function for each integration, by its resource; longer resources first."""
    made = {f"{PREFIX}{name}": _task(backend, fail, name, job) for name, job in TASKS.items()}
    return dict(sorted(made.items(), key=lambda item: -len(item[0])))


def _task(backend: Callable[[], Backend], fail: Callable[[str, str], Exception], name: str, job: str) -> Task:
    operation = name[0].upper() + name[1:]

    def run(resource: str, data: dict[str, Any]) -> dict[str, Any]:
        try:
            said = backend().call(operation, data)
        except ApiError as error:
            raise fail(
                f"SageMaker.{NAMED.get(error.code, 'AmazonSageMakerException')}", error.what
            ) from error
        if not resource.endswith(".sync"):
            return said
        if not job:
            raise fail("States.Runtime", f"{resource}: this integration has no .sync form")
        return _wait(backend, fail, job, data[f"{job}Name"])

    return run


def _wait(
    backend: Callable[[], Backend], fail: Callable[[str, str], Exception], job: str, name: str
) -> dict[str, Any]:
    while True:
        found = _in_milliseconds(backend().call(f"Describe{job}", {f"{job}Name": name}))
        status = found[f"{job}Status"]
        if status == "Completed":
            return found
        if status in ("Failed", "Stopped"):
            raise fail("States.TaskFailed", json.dumps(found))
        if (_execution.get() or {}).get("status") == "ABORTED":
            backend().call(f"Stop{job}", {f"{job}Name": name})
            raise fail("States.TaskFailed", "the execution was stopped, and its job with it")
        time.sleep(LOOK_EVERY_SECONDS)


def _in_milliseconds(found: dict[str, Any]) -> dict[str, Any]:
    """A description as these integrations show it: times are whole milliseconds."""
    return {name: int(value * 1000) if name.endswith("Time") else value for name, value in found.items()}
