"""A contract's version: a short hash that changes when what is asked of rows, or done to them, changes."""

from __future__ import annotations

import hashlib
import inspect
import json
from functools import cache
from typing import TYPE_CHECKING, Any

from tidegate.contract.changes import OnChange
from tidegate.contract.declare import PERSONAL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tidegate.contract.declare import Dataset

_DIGITS = 16


@cache
def contract_version(dataset: Dataset) -> str:
    """The version of a dataset's contract, the same on every machine with the same sources."""
    known_after, headers = dataset.known_after(), dataset.headers()
    arriving = dataset.schema()
    told = {
        "columns": [
            [*_column(name, column), known_after[name], headers[name]]
            for name, column in arriving.columns.items()
        ],
        "across": [_check(check) for check in arriving.checks],
        "unique": arriving.unique,
        "key": dataset.key,
        "moments": dataset.moments,
        "reads": [repr(form) for form in dataset.formats],
        "transform": _source(dataset.transform) if dataset.transform else "",
        "sees": dataset.transform_sees,
        "published": [
            _column(name, column) for name, column in dataset.table_row.to_schema().columns.items()
        ],
        "partition": [dataset.partition.column, dataset.partition.grain] if dataset.partition else [],
        "overwrite": dataset.overwrite,
        **_beyond_rows(dataset),
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=_plain).encode()).hexdigest()[:_DIGITS]


def source_hash(function: Callable[..., Any]) -> str:
    """A short hash of what a function does, as far as its own module goes."""
    return hashlib.sha256(_source(function).encode()).hexdigest()[:_DIGITS]


def _beyond_rows(dataset: Dataset) -> dict[str, Any]:
    """What only some contracts say: one that does not keeps the version that it had before it could."""
    told = {
        "severities": sorted(dataset.severities.items()),
        "file_rules": [repr(rule) for rule in dataset.file_rules],
        "unique_across_files": dataset.unique_across_files,
        "on_change": _changes(dataset.on_change),
        "references": [repr(reference) for reference in dataset.references],
    }
    return {name: value for name, value in told.items() if value}


def _changes(wanted: OnChange | Mapping[str, OnChange]) -> list[str]:
    if isinstance(wanted, OnChange):
        return [] if wanted is OnChange.STRICT else [wanted.value]
    return [f"{environment} {policy.value}" for environment, policy in sorted(wanted.items())]


def _column(name: str, column: Any) -> list[Any]:
    personal = (column.metadata or {}).get(PERSONAL) or False
    return [
        name,
        str(column.dtype),
        column.nullable,
        column.unique,
        personal,
        [_check(c) for c in column.checks],
    ]


def _check(check: Any) -> list[Any]:
    own = "" if check.statistics else _source(check._check_fn)
    return [check.name, check.statistics, check.ignore_na, own, *(["warns"] if check.raise_warning else [])]


def _plain(value: Any) -> Any:
    if isinstance(value, set | frozenset):
        return sorted(value, key=repr)
    return repr(value)


def _source(function: Callable[..., Any], seen: frozenset[str] = frozenset()) -> str:
    """The text of a function and of the functions of its own module that it calls."""
    function = inspect.unwrap(_written(function))
    code = getattr(function, "__code__", None)
    if code is None or code.co_qualname in seen:
        return ""
    try:
        text = inspect.getsource(function)
    except OSError:  # written at a prompt: the instructions are all there is
        return f"{code.co_code.hex()}{code.co_consts!r}"
    seen |= {code.co_qualname}
    names = sorted(code.co_names)
    called = [function.__globals__.get(name) for name in names]
    own = [f for f in called if inspect.isfunction(f) and f.__module__ == function.__module__]
    values = [f"{name}={called[i]!r}" for i, name in enumerate(names) if _constant(called[i])]
    return "\n".join([text, *values, *(_source(other, seen) for other in own)])


def _constant(value: Any) -> bool:
    return isinstance(value, str | int | float | tuple | frozenset)


def _written(function: Any) -> Any:
    """The function that a person wrote, under pandera's adapter for checks of a model."""
    cells = getattr(function, "__closure__", None) or ()
    if getattr(function, "__module__", "").startswith("pandera."):
        for cell in cells:
            inner = getattr(cell.cell_contents, "__func__", cell.cell_contents)
            if inspect.isfunction(inner) and not inner.__module__.startswith("pandera."):
                return inner
    return function
