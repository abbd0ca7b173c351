"""From objects of JSON to a frame of text cells, as a file would write them, and what speaks against a row.

A value whose JSON type is not the column's stays as JSON spells it (`"5"` with its quotes for an integer), so
that the column's own type rule refuses it and shows it. Only what no such rule can see is said here: a number
where text is due, a key too many or too few, and a number with more digits than the column can hold.
"""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from tidegate.contract.arriving import required
from tidegate.contract.cells import TEXT
from tidegate.contract.json_values import as_json, as_text
from tidegate.contract.reading.json_text import Pairs
from tidegate.contract.reading.json_unknown import unknown_keys
from tidegate.contract.verdict import MASK, defused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tidegate.contract.arriving import Arriving
    from tidegate.contract.compiled import Plan

Reason = tuple[str, str, str]
_SHOWN = 80
_EXACT = 15  # any decimal of so many digits survives a 64-bit float
_ABSENT = type("Absent", (), {})()


def cells_of(
    rows: Sequence[Mapping[str, object]], plan: Plan, nulls: Sequence[str], arriving: Arriving
) -> tuple[pl.DataFrame, dict[int, list[Reason]]]:
    """The rows' cells, and for some rows, by index, what the contract's rules cannot see in them."""
    against: dict[int, list[Reason]] = {}
    may_miss = arriving.policy.takes_more
    texts = []
    for name, header in zip(plan.columns, plan.headers, strict=True):
        arriving.sees([name] if any(header in row for row in rows) else ())
        absent = None if may_miss and name not in required(plan) else _ABSENT
        texts.append(_column([row.get(header, absent) for row in rows], name, plan, against))
    more = unknown_keys(rows, plan, arriving, against)
    frame = pl.DataFrame([*texts, *more.columns])
    if nulls:
        frame = frame.with_columns(pl.when(~pl.all().is_in(list(nulls))).then(pl.all()))
    return frame.with_columns(more.rescued), against


def _column(values: list[object], name: str, plan: Plan, against: dict[int, list[Reason]]) -> pl.Series:
    kind = plan.types[name]
    found = set(map(type, values)) - {type(None)}
    if found <= {bytes} and kind.is_numeric():
        text = pl.Series(TEXT + name, values, dtype=pl.Binary).cast(pl.String)
    elif found <= {bool} and kind == pl.Boolean:
        text = pl.Series(TEXT + name, values, dtype=pl.Boolean).cast(pl.String)
    elif found <= {str} and not kind.is_numeric() and kind != pl.Boolean:
        try:
            text = pl.Series(TEXT + name, values, dtype=pl.String)
        except UnicodeEncodeError:  # half a surrogate pair in one of them
            text = _one_by_one(values, name, plan, against)
    else:
        text = _one_by_one(values, name, plan, against)
    if kind.is_float():
        _refuse_rounded(text, name, plan, against)
    return text


def _one_by_one(values: list[object], name: str, plan: Plan, against: dict[int, list[Reason]]) -> pl.Series:
    kind = plan.types[name]
    texts: list[str | None] = []
    for index, value in enumerate(values):
        if value is _ABSENT:
            against.setdefault(index, []).append((name, "missing", "this column is missing"))
            texts.append(None)
            continue
        text, fits = as_text(value, kind)
        if not fits:
            text = _spelt(value)
            if kind == pl.String:
                shown = MASK if name in plan.personal else defused(text, _SHOWN)
                against.setdefault(index, []).append((name, "type", f"{shown} is no {kind}"))
        texts.append(text)
    return pl.Series(TEXT + name, texts, dtype=pl.String)


def _spelt(value: object) -> str:
    """The value as JSON spells it; a list or an object, which may be of any size, by its kind."""
    if isinstance(value, list):
        return "an object" if isinstance(value, Pairs) else "a list"
    if isinstance(value, dict):
        return "an object"
    return json.dumps(value) if isinstance(value, str) else as_json(value)


def _refuse_rounded(text: pl.Series, name: str, plan: Plan, against: dict[int, list[Reason]]) -> None:
    long = (text.str.len_bytes() > _EXACT) | text.str.contains("[eE]")
    if not long.any():
        return
    shortest = text.cast(pl.Float64, strict=False).cast(pl.String)  # most writers write that: nothing is lost
    for index in (long & (shortest != text)).arg_true():
        if _rounds(text[index]):
            shown = MASK if name in plan.personal else defused(text[index], _SHOWN)
            said = f"{shown} has more digits than {plan.types[name]} can hold"
            against.setdefault(index, []).append((name, "rounded", said))


def _rounds(text: str) -> bool:
    """Whether a 64-bit float, printed with as many digits again, is another number."""
    try:
        written = Decimal(text)
        held = float(text)
        digits = max(len("".join(map(str, written.as_tuple().digits)).rstrip("0")), 1)
        return math.isfinite(held) and Decimal(format(held, f".{digits - 1}e")) != written
    except (ArithmeticError, ValueError):  # no number: the type rule says so
        return False
