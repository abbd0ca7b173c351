"""A pipeline definition of schema 2020-12-01 as steps that depend on each other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.local.sagemaker.faults import invalid, not_implemented
from infra.local.sagemaker.pipelines import conditions
from infra.local.sagemaker.pipelines.parameters import check_declared
from infra.local.sagemaker.pipelines.references import steps_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.sagemaker.store import Record

VERSION = "2020-12-01"
JOBS = {"Processing", "Training", "Transform", "Tuning"}
TYPES = JOBS | {
    "Model",
    "RegisterModel",
    "Condition",
    "Fail",
    "Lambda",
    "Callback",
    "EndpointConfig",
    "Endpoint",
}
# members of a definition and of a step that change what is done, and are not done here
_NOT_HERE = ("PipelineDefinitionConfig",)


@dataclass(frozen=True)
class Step:
    """One step: what it says, which steps must succeed before it, and the branch that it stands in."""

    name: str
    type: str
    said: Record
    after: frozenset[str]
    condition: str = ""  # the Condition step whose branch it stands in
    branch: bool = True


@dataclass(frozen=True)
class Definition:
    """A whole definition; nested steps stand beside the others."""

    parameters: tuple[Record, ...]
    steps: dict[str, Step]

    def property_file(self, step: str, name: str) -> Record:
        """What a step says of one of its property files."""
        files: list[Record] = self.steps[step].said.get("PropertyFiles", [])
        return next(file for file in files if file["PropertyFileName"] == name)


def parse(text: str) -> Definition:
    """The definition that a text holds.

    Raises:
        ApiError: it is none, or holds what the local SageMaker does not do.
    """
    try:
        said = json.loads(text)
    except ValueError as error:
        raise _unfit(f"it is no JSON: {error}") from error
    if not isinstance(said, dict) or not isinstance(said.get("Steps"), list):
        raise _unfit("Steps are missing")
    if said.get("Version", VERSION) != VERSION:
        raise _unfit(f"Version {said['Version']} is not {VERSION}")
    for member in _NOT_HERE:
        if said.get(member):
            raise not_implemented(f"{member} of a pipeline")
    if (said.get("MlflowConfig") or {}).get("MlflowResourceArn"):
        raise not_implemented("MlflowConfig of a pipeline")
    parameters = tuple(said.get("Parameters") or [])
    check_declared(parameters)
    steps: dict[str, Step] = {}
    for step in _steps(said["Steps"], "", True):
        if step.name in steps:
            raise _unfit(f"two steps are called {step.name}")
        steps[step.name] = step
    _check(steps, {parameter["Name"] for parameter in parameters})
    return Definition(parameters, steps)


def _steps(listed: list[Record], condition: str, branch: bool) -> Iterator[Step]:
    for said in listed:
        name, kind = str(said.get("Name", "")), str(said.get("Type", ""))
        if kind not in TYPES:
            raise not_implemented(f"A pipeline step of type {kind or 'none'} (step {name})")
        if not name:
            raise _unfit("a step has no Name")
        arguments = dict(said.get("Arguments") or {})
        branches = {taken: arguments.pop(taken, None) or [] for taken in ("IfSteps", "ElseSteps")}
        own = {**said, "Arguments": arguments}
        after = {*steps_in(arguments), *said.get("DependsOn", [])} | ({condition} if condition else set())
        yield Step(name, kind, own, frozenset(after), condition, branch)
        if kind == "Condition":
            _check_conditions(name, arguments.get("Conditions", []))
            yield from _steps(branches["IfSteps"], name, True)
            yield from _steps(branches["ElseSteps"], name, False)


def _check_conditions(step: str, listed: list[Record]) -> None:
    for condition in listed:
        if condition.get("Type") not in conditions.TYPES:
            raise not_implemented(f"A condition of type {condition.get('Type')} (step {step})")
        _check_conditions(step, conditions.within(condition))


def _check(steps: dict[str, Step], parameters: set[str]) -> None:
    for step in steps.values():
        for missing in sorted(step.after - set(steps)):
            raise _unfit(f"step {step.name} refers to the step {missing}, which is not there")
        for named in _gets(step.said["Arguments"]):
            kind, _, rest = named.partition(".")
            if kind == "Parameters" and rest not in parameters:
                raise _unfit(f"step {step.name} refers to the parameter {rest}, which is not declared")
            if kind == "Steps" and ".PropertyFiles." in named:
                _check_file(step, steps, rest)
    _refuse_circles(steps)


def _check_file(step: Step, steps: dict[str, Step], rest: str) -> None:
    other, _, name = rest.split(".", 2)
    known = [file["PropertyFileName"] for file in steps[other].said.get("PropertyFiles", [])]
    if name not in known:
        raise _unfit(f"step {step.name} refers to the property file {name}, which {other} does not have")


def _gets(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _gets(item)
    elif isinstance(value, dict):
        if isinstance(value.get("Get"), str) and len(value) == 1:
            yield value["Get"]
        for item in value.values():
            yield from _gets(item)


def _refuse_circles(steps: dict[str, Step]) -> None:
    left = {name: set(step.after) for name, step in steps.items()}
    while ready := [name for name, after in left.items() if not after & set(left)]:
        for name in ready:
            del left[name]
    if left:
        raise _unfit(f"these steps wait for each other: {', '.join(sorted(left))}")


def _unfit(reason: str) -> Exception:
    return invalid(f"Unable to parse pipeline definition. Reason: {reason}")
