"""The parameters of a pipeline: what is declared, and what an execution gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.local.sagemaker.faults import invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from infra.local.sagemaker.store import Record


def _truth(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


_TYPES: dict[str, Callable[[str], Any]] = {"String": str, "Integer": int, "Float": float, "Boolean": _truth}


def check_declared(declared: Iterable[Record]) -> None:
    """Refuse parameters of a type that is none, and names that stand twice.

    Raises:
        ApiError: there are such.
    """
    names: set[str] = set()
    for parameter in declared:
        name, kind = parameter.get("Name"), parameter.get("Type")
        if not name or kind not in _TYPES or name in names:
            raise invalid(
                "Unable to parse pipeline definition. Reason: parameters have a Name of their own and a "
                f"Type, one of {', '.join(_TYPES)}: {name} of {kind}"
            )
        names.add(name)


def given(declared: Iterable[Record], said: list[Record]) -> dict[str, str]:
    """The parameters of an execution, as texts: what was given, else the default.

    Raises:
        ApiError: one is unknown, missing, or no value of its type.
    """
    known = {parameter["Name"]: parameter for parameter in declared}
    values = {one["Name"]: one["Value"] for one in said}
    if unknown := sorted(set(values) - set(known)):
        raise invalid(f"Cannot assign property [{unknown[0]}]. [{unknown[0]}] is not a valid parameter.")
    for name, parameter in known.items():
        if name not in values:
            if parameter.get("DefaultValue") is None:
                raise invalid(f"Parameter [{name}] value is not provided and has no default.")
            values[name] = _spelled(parameter["DefaultValue"])
        _check(parameter, values[name])
    return {name: values[name] for name in known}


def typed(declared: Iterable[Record], texts: dict[str, str]) -> Record:
    """The same as values of their types."""
    return {one["Name"]: _TYPES[one["Type"]](texts[one["Name"]]) for one in declared}


def _check(parameter: Record, text: str) -> None:
    name, kind = parameter["Name"], parameter["Type"]
    try:
        value = _TYPES[kind](text)
    except (ValueError, KeyError) as error:
        raise invalid(f"Parameter [{name}]: {text!r} is no {kind}.") from error
    choices = parameter.get("EnumValues")
    if choices and value not in choices:
        raise invalid(f"Parameter [{name}]: {text!r} is none of {choices}.")


def _spelled(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
