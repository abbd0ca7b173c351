"""The events that AWS says of a pipeline's executions and steps.

https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html: members begin with
a small letter, and both the pipeline and the execution are resources.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.store import Record

EXECUTION = "SageMaker Model Building Pipeline Execution Status Change"
STEP = "SageMaker Model Building Pipeline Execution Step Status Change"
ENDED = ("Succeeded", "Failed", "Stopped")


def say_execution(parts: Parts, execution: Record, before: str) -> None:
    """Say what an execution has become."""
    detail = {
        "currentPipelineExecutionStatus": execution["PipelineExecutionStatus"],
        "executionStartTime": iso(execution["CreationTime"]),
        **_members(execution, "PipelineExecutionDisplayName", "PipelineExecutionDescription"),
    }
    if before:
        detail["previousPipelineExecutionStatus"] = before
    if execution["PipelineExecutionStatus"] in ENDED:
        detail["executionEndTime"] = iso(execution["LastModifiedTime"])
    _say(parts, EXECUTION, execution, detail)


def say_step(parts: Parts, execution: Record, step: Record, before: str) -> None:
    """Say what a step has become."""
    detail = {
        "stepName": step["StepName"],
        "stepType": step["_type"],
        "currentStepStatus": step["StepStatus"],
        "stepStartTime": iso(step["StartTime"]),
        **_members(step, "FailureReason", "CacheHitResult", "Metadata"),
    }
    if before:
        detail["previousStepStatus"] = before
    if "EndTime" in step:
        detail["stepEndTime"] = iso(step["EndTime"])
    _say(parts, STEP, execution, detail)


def iso(moment: float) -> str:
    """A moment as these events spell it."""
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _say(parts: Parts, event: str, execution: Record, detail: Record) -> None:
    arns = {
        "pipelineArn": execution["PipelineArn"],
        "pipelineExecutionArn": execution["PipelineExecutionArn"],
    }
    parts.emit(event, [*arns.values()], {**detail, **arns})


def _members(record: Record, *names: str) -> Record:
    return {_small(name): _lowered(record[name]) for name in names if name in record}


def _lowered(value: Any) -> Any:
    if isinstance(value, dict):
        return {_small(name): _lowered(item) for name, item in value.items()}
    return [_lowered(item) for item in value] if isinstance(value, list) else value


def _small(name: str) -> str:
    return name[:1].lower() + name[1:]
