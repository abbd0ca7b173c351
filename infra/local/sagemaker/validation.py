"""A request against botocore's own model of SageMaker: members, types, lengths, patterns and enumerations."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from infra.local.sagemaker.faults import invalid, not_implemented

if TYPE_CHECKING:
    from collections.abc import Iterator


@cache
def _model(service: str = "sagemaker") -> Any:  # botocore has no types
    import botocore.session

    return botocore.session.get_session().get_service_model(service)


def members_of(shape: str) -> list[str]:
    """The names of a structure's members."""
    return list(_model("sagemaker").shape_for(shape).members)


def check(operation: str, request: dict[str, Any], service: str = "sagemaker") -> None:
    """Refuse a request that AWS would refuse for its form.

    Raises:
        ApiError: it breaks the model, or the service has no such operation.
    """
    from botocore.validate import ParamValidator

    if operation not in _model(service).operation_names:
        raise not_implemented(operation or "A request without X-Amz-Target")
    shape = _model(service).operation_model(operation).input_shape
    if shape is None:
        return
    report = ParamValidator().validate(request, shape)
    if report.has_errors():
        raise invalid(report.generate_report())
    said = list(_broken(shape, request, ""))
    if said:
        noun = "error" if len(said) == 1 else "errors"
        raise invalid(f"{len(said)} validation {noun} detected: " + "; ".join(said))


def members(operation: str) -> tuple[str, ...]:
    """The members of an operation's request."""
    return tuple(_model().operation_model(operation).input_shape.members)


def coerced(operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """A request whose numbers and booleans may have come as text, as in a template."""
    made: dict[str, Any] = _coerced(_model().operation_model(operation).input_shape, request)
    return made


def _coerced(shape: Any, value: Any) -> Any:
    if shape.type_name == "structure" and isinstance(value, dict):
        known = shape.members
        return {name: _coerced(known[name], item) if name in known else item for name, item in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [_coerced(shape.member, item) for item in value]
    return _from_text(shape.type_name, value) if isinstance(value, str) else value


def _from_text(kind: str, text: str) -> Any:
    try:
        if kind in ("integer", "long"):
            return int(text)
        if kind in ("float", "double"):
            return float(text)
    except ValueError:
        return text  # the validation says what is wrong with it
    return {"true": True, "false": False}.get(text.lower(), text) if kind == "boolean" else text


def _broken(shape: Any, value: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if name in value:
                yield from _broken(member, value[name], f"{path}.{name}" if path else name)
    elif shape.type_name == "list":
        yield from _too_long(shape, value, path)
        for position, item in enumerate(value, start=1):
            yield from _broken(shape.member, item, f"{path}.{position}.member")
    elif shape.type_name == "map":
        yield from _too_long(shape, value, path)
        for key, item in value.items():
            yield from _broken(shape.key, key, f"{path}.key")
            yield from _broken(shape.value, item, f"{path}.{key}")
    elif shape.type_name == "string":
        yield from _broken_text(shape, value, path)
    elif shape.type_name in ("integer", "long", "float", "double") and value > shape.metadata.get(
        "max", value
    ):
        yield _failure(value, path, f"Member must have value less than or equal to {shape.metadata['max']}")


@cache
def _expression(pattern: str) -> re.Pattern[str] | None:
    """The pattern in Python's dialect; None where it uses classes of Unicode that Python has no name for."""
    for theirs, ours in (
        ("\\p{L}", "\\w"),
        ("\\p{N}", "\\d"),
        ("\\p{Z}", "\\s"),
        ("\\p{Alnum}", "a-zA-Z0-9"),
    ):
        pattern = pattern.replace(theirs, ours)
    try:
        return re.compile(pattern)
    except re.error:
        return None


def _too_long(shape: Any, value: Any, path: str) -> Iterator[str]:
    most = shape.metadata.get("max")
    if most is not None and len(value) > most:
        yield _failure(value, path, f"Member must have length less than or equal to {most}")


def _broken_text(shape: Any, value: str, path: str) -> Iterator[str]:
    yield from _too_long(shape, value, path)
    pattern = shape.metadata.get("pattern")
    if pattern and (expression := _expression(pattern)) and not expression.fullmatch(value):
        yield _failure(value, path, f"Member must satisfy regular expression pattern: {pattern}")
    choices = getattr(shape, "enum", None)
    if choices and value not in choices:
        yield _failure(value, path, f"Member must satisfy enum value set: [{', '.join(choices)}]")


def _failure(value: Any, path: str, constraint: str) -> str:
    where = path[:1].lower() + path[1:]
    return f"Value '{str(value)[:200]}' at '{where}' failed to satisfy constraint: {constraint}"
