"""A dataset's declaration as one JSON document: every field of `Dataset` stands in it under its own name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from tidegate.contract.compile import plan_of
from tidegate.contract.declare import KNOWN_AFTER, PERSONAL
from tidegate.contract.described.words import in_words
from tidegate.contract.personal import OnArrival
from tidegate.contract.severity import rule_name, severity_of_check
from tidegate.contract.version import contract_version, source_hash
from tidegate.planning import table_spec

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandera.polars as pa

    from tidegate.contract.declare import Dataset

Document = dict[str, Any]


def described(dataset: Dataset) -> Document:
    """The document: the fields of the declaration, then what follows from them.

    Raises:
        ContractMistake: the contract cannot be run.
    """
    told = {one.name: _field(dataset, one.name) for one in fields(dataset)}
    return {
        **told,
        "contract_version": contract_version(dataset),
        "slow_checks": list(plan_of(dataset).slow_checks),
        "table": _plain(table_spec(dataset)),
    }


def _field(dataset: Dataset, name: str) -> Any:
    if name == "reads":
        return [{"format": type(form).__name__, **_plain(form)} for form in dataset.formats]
    if name == "row":
        return _model(dataset, dataset.row)
    if name == "published":
        return _model(dataset, dataset.published) if dataset.published else None
    if name == "transform":
        return source_hash(dataset.transform) if dataset.transform else None
    return _plain(getattr(dataset, name))


def _model(dataset: Dataset, row: type[pa.DataFrameModel]) -> Document:
    schema = row.to_schema()
    return {
        "columns": [_column(dataset, name, column) for name, column in schema.columns.items()],
        "rules": [_rule(dataset, "", check) for check in schema.checks],
        "unique": list(schema.unique or ()),
    }


def _column(dataset: Dataset, name: str, column: Any) -> Document:
    known = column.metadata or {}
    personal = known.get(PERSONAL) or False
    return {
        "name": name,
        "header": dataset.headers().get(name, name),
        "type": str(column.dtype),
        "nullable": column.nullable,
        "unique": column.unique,
        "personal": personal.value
        if isinstance(personal, OnArrival)
        else "masked in reports"
        if personal
        else None,
        "known_after": known.get(KNOWN_AFTER) or dataset.moments[0],
        "description": column.description or "",
        "rules": [_rule(dataset, name, check) for check in column.checks],
    }


def _rule(dataset: Dataset, column: str, check: Any) -> Document:
    return {
        "rule": rule_name(column, check.name),
        "check": check.name,
        "asks": {name: _plain(value) for name, value in (check.statistics or {}).items()},
        "words": in_words(check),
        "severity": severity_of_check(dataset, column, check).value,
        "source": "" if check.statistics else source_hash(check._check_fn),
    }


_AS_TEXT: tuple[type, ...] = (str, int, float, bool, type(None))


def _plain(value: Any) -> Any:
    """The value as JSON has it, whatever a declaration holds."""
    if isinstance(value, Enum):
        value = value.value
    elif isinstance(value, timedelta):
        value = value / timedelta(days=1)
    if isinstance(value, _AS_TEXT):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((_plain(one) for one in value), key=repr)
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else _of_code(value)


def _of_code(value: Any) -> str:
    """A function by what it does, anything else by how Python shows it."""
    function: Callable[..., Any] | None = value if callable(value) and not isinstance(value, type) else None
    return source_hash(function) if function else str(value)
