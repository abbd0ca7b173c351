"""What stands for a value in a definition: Get, Std:Join and Std:JsonGet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from infra.local.sagemaker.store import Record

_PART = re.compile(r"\['([^']*)'\]|\[\"([^\"]*)\"\]|\[(\d+)\]|([^.\[\]]+)")


class UnknownReferenceError(Exception):
    """A reference to something that is not there."""


@dataclass
class Scope:
    """What references can see while an execution runs."""

    parameters: Record
    execution: Record
    outputs: Record  # by step: what its Describe operation says
    read_file: Callable[[str, str], Any]  # a property file of a step, as JSON
    read_uri: Callable[[str], Any]


def steps_in(value: Any) -> Iterator[str]:
    """The names of the steps that a value refers to."""
    if isinstance(value, list):
        for item in value:
            yield from steps_in(item)
    elif isinstance(value, dict):
        named = value.get("Get")
        if len(value) == 1 and isinstance(named, str) and named.startswith("Steps."):
            yield _parts(named)[1]
        for item in value.values():
            yield from steps_in(item)


def resolve(value: Any, scope: Scope) -> Any:
    """A value with everything that stands for another put in its place; members without a value are left out.

    Raises:
        UnknownReferenceError: it refers to what is not there.
    """
    if isinstance(value, list):
        return [resolve(item, scope) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Get"}:
        return _get(value["Get"], scope)
    if set(value) == {"Std:Join"}:
        join = value["Std:Join"]
        return str(join.get("On", "")).join(as_text(resolve(item, scope)) for item in join["Values"])
    if set(value) == {"Std:JsonGet"}:
        return _json_get(value["Std:JsonGet"], scope)
    return {name: resolve(item, scope) for name, item in value.items() if item is not None}


def as_text(value: Any) -> str:
    """A value as text, as JSON spells it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def follow(value: Any, path: str) -> Any:
    """What lies at a path of members, positions and names below a value.

    Raises:
        UnknownReferenceError: nothing does.
    """
    for part in _parts(path):
        value = _step_into(value, part, path)
    return value


def _get(named: str, scope: Scope) -> Any:
    kind, _, rest = named.partition(".")
    if kind == "Parameters" and rest in scope.parameters:
        return scope.parameters[rest]
    if kind == "Execution" and rest in scope.execution:
        return scope.execution[rest]
    if kind == "Steps":
        name = _parts(named)[1]
        if name not in scope.outputs:
            raise UnknownReferenceError(f"{named}: the step {name} has no output")
        return follow(scope.outputs[name], rest[len(name) :])
    raise UnknownReferenceError(f"{named} is not known")


def _json_get(asked: Record, scope: Scope) -> Any:
    if "S3Uri" in asked:
        found = scope.read_uri(resolve(asked["S3Uri"], scope))
    else:
        _, step, _, name = asked["PropertyFile"]["Get"].split(".", 3)
        found = scope.read_file(step, name)
    return follow(found, str(asked["Path"]).removeprefix("$"))


def _parts(path: str) -> list[str]:
    return [next(part for part in found if part) for found in _PART.findall(path)]


def _step_into(value: Any, part: str, path: str) -> Any:
    if isinstance(value, dict) and part in value:
        return value[part]
    if isinstance(value, list):
        if part.isdigit() and int(part) < len(value):
            return value[int(part)]
        for item in value:  # OutputName, InputName, ChannelName, MetricName …
            if isinstance(item, dict) and any(
                name.endswith("Name") and said == part for name, said in item.items()
            ):
                return item
    raise UnknownReferenceError(f"nothing lies at {path.lstrip('.')}: {part} is missing")
