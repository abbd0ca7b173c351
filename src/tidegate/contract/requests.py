"""Check the rows of a prediction request by the contract of its files, less what is not known yet.

A JSON value is first held against the column's type (an integer column takes no `"5"`, no `5.0` and no
`true`), then written as a file would write it and judged by the same compiled plan: one contract, one piece
of code, in training and in serving. Dates and timestamps are JSON strings. A key's uniqueness is a file's
matter, and is not asked here.
"""

from __future__ import annotations

import reprlib
from functools import cache
from typing import TYPE_CHECKING, Any

import polars as pl

from tidegate.contract.cells import TEXT
from tidegate.contract.compile import plan_of
from tidegate.contract.compiled import OK, Plan
from tidegate.contract.json_values import as_json, as_text
from tidegate.contract.reasons import reasons
from tidegate.contract.verdict import MASK, RowError, RowsVerdict, defused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tidegate.contract.declare import Dataset

_ERRORS = 100
_SHOWN = 80


def check_rows(rows: Sequence[Mapping[str, Any]], dataset: Dataset, columns: Sequence[str]) -> RowsVerdict:
    """Check the rows of a request.

    Args:
        rows: JSON objects, as the standard library or orjson reads them.
        dataset: the contract.
        columns: those that must be there, no more and no fewer; `dataset.known_by(moment)` as a rule.

    Returns:
        Typed rows, the columns in the contract's order; or no rows, and at most a hundred errors.
    """
    plan = _plan(dataset, tuple(columns))
    errors: list[RowError] = []
    texts: dict[str, list[str | None]] = {name: [] for name in plan.columns}
    for number, row in enumerate(rows):
        _collect(plan, number, row, texts, errors)
    if not errors:
        judged = plan.judged(
            pl.DataFrame({TEXT + name: cells for name, cells in texts.items()}, schema=_schema(plan))
        )
        if judged[OK].all():
            return RowsVerdict(rows=judged.select(plan.columns), errors=())
        errors = _broken_rules(plan, judged)
    return RowsVerdict(rows=pl.DataFrame(schema=plan.types), errors=tuple(errors[:_ERRORS]))


@cache
def _plan(dataset: Dataset, columns: tuple[str, ...]) -> Plan:
    return plan_of(dataset).only(columns)


def _schema(plan: Plan) -> dict[str, type[pl.DataType]]:
    return {TEXT + name: pl.String for name in plan.columns}


def _collect(
    plan: Plan,
    number: int,
    row: Mapping[str, Any],
    texts: dict[str, list[str | None]],
    errors: list[RowError],
) -> None:
    """Add one row's values as text, or what is wrong with their JSON types."""
    if not isinstance(row, dict):
        errors.append(RowError(row=number, column="", check="object", said="a row is a JSON object"))
        return
    for name, kind in plan.types.items():
        text, fits = as_text(row[name], kind) if name in row else (None, False)
        if not fits:
            check = "missing" if name not in row else "type"
            shown = MASK if name in plan.personal else defused(_words(row.get(name)), _SHOWN)
            words = "this column is missing" if check == "missing" else f"{shown} is no {kind}"
            errors.append(RowError(row=number, column=name, check=check, said=words))
        texts[name].append(None if text in plan.nulls else text)
    if len(row) > len(plan.types) or any(name not in plan.types for name in row):
        for name in row:
            if name not in plan.types:
                said = f"no such column is asked for; they are: {', '.join(plan.columns)}"
                errors.append(
                    RowError(row=number, column=defused(str(name), _SHOWN), check="unknown", said=said)
                )


def _words(value: object) -> str:
    """A value as an error shows it; of lists within lists, thousands deep, only the outermost."""
    return reprlib.repr(value) if isinstance(value, list | dict) else as_json(value)


def _broken_rules(plan: Plan, judged: pl.DataFrame) -> list[RowError]:
    bad = judged.with_row_index("_at").filter(~pl.col(OK))
    found = reasons(plan, bad.drop("_at"), {})
    return [
        RowError(row=row, column=reason["column"], check=reason["check"], said=defused(reason["said"], 400))
        for row, why in zip(bad["_at"].to_list(), found.to_list(), strict=True)
        for reason in why
    ]
