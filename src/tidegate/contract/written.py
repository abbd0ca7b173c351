"""A prepared contract as text and back: what infra lays beside the code when it synthesises.

Plain values are JSON's own; of every other the text names its kind, one of `KINDS`. Nothing that is read
makes code run: see `tidegate.contract.plain`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

import polars as pl

from tidegate.contract import file_rules, formats, plain
from tidegate.contract.changes import OnChange
from tidegate.contract.compiled import Plan, Rule
from tidegate.contract.overwrite import Overwrite
from tidegate.contract.personal import OnArrival
from tidegate.contract.prepared import Prepared
from tidegate.contract.referring import Reference
from tidegate.contract.severity import Severity
from tidegate.errors import ContractMistake, Mistake
from tidegate.plan import Field, TableSpec

if TYPE_CHECKING:
    from collections.abc import Callable

_DATACLASSES = (
    *(Prepared, Plan, Rule, TableSpec, Field, Reference),
    *(formats.Csv, formats.JsonLines, formats.JsonArray, formats.Parquet, formats.Excel),
    *(file_rules.RowCount, file_rules.BadShare, file_rules.Freshness),
)
_ENUMS = (Overwrite, OnChange, Severity, OnArrival, formats.Header)
_TYPES = (
    *(pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64),
    *(pl.Float32, pl.Float64, pl.Boolean, pl.String, pl.Date, pl.Datetime, pl.Decimal),
)
KINDS = {kind.__name__: kind for kind in (*_DATACLASSES, *_ENUMS, *_TYPES)}


def to_text(prepared: Prepared) -> str:
    """The contract as text.

    Raises:
        ContractMistake: it holds a Python function, which cannot be read without running it.
    """
    said = {"polars": pl.__version__, "contract": _out(prepared)}
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False) + "\n"


def from_text(text: str, where: str) -> Prepared:
    """The contract that was written, as it was.

    Raises:
        Mistake: another version of polars wrote it, or what stands there is no contract.
    """
    said = json.loads(text)
    if said["polars"] != pl.__version__:
        raise Mistake(
            where,
            f"polars {said['polars']} wrote it, and polars {pl.__version__} may read something else",
            "Deploy anew: the lock names one version for both",
        )
    prepared: Prepared = _in(said["contract"])
    return prepared


def _pairs(value: Mapping[Any, Any]) -> list[Any]:
    return [[_out(key), _out(item)] for key, item in value.items()]


def _of_pairs(parts: list[Any]) -> dict[Any, Any]:
    return {_in(key): _in(item) for key, item in parts}


_OTHERS: Mapping[str, tuple[type, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "frozenset": (frozenset, sorted, frozenset),
    "dict": (Mapping, _pairs, _of_pairs),
    "days, seconds, microseconds": (
        timedelta,
        lambda value: [value.days, value.seconds, value.microseconds],
        lambda parts: timedelta(*parts),
    ),
    "expression": (pl.Expr, plain.as_json, plain.from_json),
}


def _out(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float) or type(value) is str:
        return value
    if isinstance(value, tuple):
        return [_out(item) for item in value]
    for name, (kind, write, _) in _OTHERS.items():
        if isinstance(value, kind):
            return {name: write(value)}
    if KINDS.get(type(value).__name__) is not type(value):
        raise _unknown(repr(value))
    return {type(value).__name__: value.value if isinstance(value, Enum) else _parts(value)}


def _parts(value: Any) -> dict[str, Any]:
    """What a dataclass, or a type of polars, is made from."""
    names = [field.name for field in fields(value) if field.init] if is_dataclass(value) else vars(value)
    return {name: _out(getattr(value, name)) for name in names}


def _in(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_in(item) for item in value)
    if not isinstance(value, dict):
        return value
    ((name, parts),) = value.items()
    if name in _OTHERS:
        return _OTHERS[name][2](parts)
    if name not in KINDS:
        raise _unknown(name)
    make: Any = KINDS[name]
    return make(**{key: _in(part) for key, part in parts.items()}) if isinstance(parts, dict) else make(parts)


def _unknown(what: str) -> ContractMistake:
    where = "a contract as text"
    return ContractMistake(where, f"{what[:80]} cannot stand in it", "Only data can; see the slow checks")
