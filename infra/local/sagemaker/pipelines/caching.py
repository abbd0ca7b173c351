"""Whether an earlier execution of the same pipeline did what a step is about to do.

https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-default-keys.html names the attributes that count.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.local.sagemaker.pipelines.definition import Step
    from infra.local.sagemaker.store import Record

_COUNTS = {
    "Processing": ("AppSpecification", "Environment", "ProcessingInputs"),
    "Training": (
        "AlgorithmSpecification",
        "CheckpointConfig",
        "DebugHookConfig",
        "DebugRuleConfigurations",
        "Environment",
        "HyperParameters",
        "InputDataConfig",
    ),
    "Tuning": ("HyperParameterTuningJobConfig", "TrainingJobDefinition", "TrainingJobDefinitions"),
    "Transform": ("DataProcessing", "Environment", "ModelName", "TransformInput"),
}
_OF_TUNED = (
    "AlgorithmSpecification",
    "HyperParameterRanges",
    "InputDataConfig",
    "StaticHyperParameters",
    "TuningObjective",
)
CACHED = set(_COUNTS)
_SECONDS = {"Y": 31_536_000, "W": 604_800, "D": 86_400}
_TIME_SECONDS = {"H": 3_600, "M": 60, "S": 1}


def seconds(duration: str) -> float:
    """An ISO 8601 duration, also without its P, as in 30d, T16m and PT1H.

    Raises:
        ValueError: it is none.
    """
    text = duration.upper().removeprefix("P")
    days, _, hours = text.partition("T")
    total = 0.0
    for part, units in ((days, {**_SECONDS, "M": 2_592_000}), (hours, _TIME_SECONDS)):
        if not re.fullmatch(r"(\d+[A-Z])*", part):
            raise ValueError(f"{duration} is no duration")
        for number, unit in re.findall(r"(\d+)([A-Z])", part):
            total += int(number) * units.get(unit, float("nan"))
    if not total > 0:
        raise ValueError(f"{duration} is no duration")
    return total


def signature(step: Step, request: Record) -> str:
    """What must be the same for a result to be used again; empty where the step is not cached."""
    if not step.said.get("CacheConfig", {}).get("Enabled") or step.type not in CACHED:
        return ""
    counted = {name: request[name] for name in _COUNTS[step.type] if name in request}
    if tuned := counted.get("TrainingJobDefinition"):
        counted["TrainingJobDefinition"] = {name: tuned[name] for name in _OF_TUNED if name in tuned}
    said = json.dumps([step.name, step.type, counted], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def earlier(executions: list[Record], pipeline: str, step: Step, signed: str) -> tuple[str, Record] | None:
    """The execution and its step record that did the same most recently, within the time that counts."""
    after = step.said["CacheConfig"].get("ExpireAfter")
    oldest = time.time() - seconds(after) if after else 0
    found = [
        (done["EndTime"], execution["PipelineExecutionArn"], done)
        for execution in executions
        if execution["_pipeline"] == pipeline
        for done in [execution["_steps"].get(step.name, {})]
        if done.get("_signature") == signed
        and done.get("StepStatus") == "Succeeded"
        and "CacheHitResult" not in done
        and done["EndTime"] >= oldest
    ]
    return max(found, key=lambda one: one[0])[1:] if found else None
