"""Keys of JSON objects that the contract does not know: refused, a text column each, or kept together."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from tidegate.contract.cells import MORE
from tidegate.contract.changes import RESCUED, OnChange
from tidegate.contract.json_values import as_json, is_text
from tidegate.contract.reading.json_text import Pairs
from tidegate.contract.verdict import MASK, defused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tidegate.contract.arriving import Arriving
    from tidegate.contract.compiled import Plan

_SHOWN = 80
Reason = tuple[str, str, str]


@dataclass(frozen=True)
class Unknown:
    """What some rows hold beside the contract's columns."""

    columns: list[pl.Series]
    rescued: list[pl.Series]  # the column `_rescued`, where the table has it


def unknown_keys(
    rows: Sequence[Mapping[str, object]], plan: Plan, arriving: Arriving, against: dict[int, list[Reason]]
) -> Unknown:
    """Put what the contract does not know at its place; what may not be kept is held against its row."""
    known = frozenset(plan.headers)
    called = zip(plan.columns, plan.headers, strict=True)
    personal = frozenset(header for name, header in called if name in plan.personal)
    columns: dict[str, list[str | None]] = {}
    rescued: list[str | None] = [None] * len(rows)
    for index, row in enumerate(rows):
        if row.keys() <= known:
            continue
        kept: dict[str, str | None] = {}
        for header in (key for key in row if key not in known):
            place = arriving.place(header)
            if not place or not personal <= row.keys():  # a personal value may hide under another name
                against.setdefault(index, []).append(_refused(header, plan))
            elif place == RESCUED:
                kept[header] = _text(row[header])
            else:
                text = _text(row[header])
                if text is not None and not is_text(text):
                    shown = MASK if plan.personal else defused(json.dumps(text), _SHOWN)
                    against.setdefault(index, []).append((place, "type", f"{shown} is no text"))
                    text = None
                columns.setdefault(place, [None] * len(rows))[index] = text
        rescued[index] = _object(kept) if kept else None
    keeps = arriving.policy is OnChange.PERMISSIVE or any(rescued)
    return Unknown(
        [pl.Series(MORE + name, texts, dtype=pl.String) for name, texts in columns.items()],
        [pl.Series(MORE + RESCUED, rescued, dtype=pl.String)] if keeps else [],
    )


def _refused(header: str, plan: Plan) -> Reason:
    shown = defused(header.encode(errors="backslashreplace").decode(), _SHOWN)
    return shown, "unknown", defused(f"no such column is asked for; they are: {', '.join(plan.headers)}")


def _text(value: object) -> str | None:
    """The value as text: a text as it is, anything else as JSON writes it."""
    return value if value is None or isinstance(value, str) else _json(value)


def _json(value: object) -> str:
    if isinstance(value, Pairs):
        return (
            "{"
            + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{_json(inner)}" for key, inner in value)
            + "}"
        )
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    if value is None or isinstance(value, str | dict):  # an object that is no list of pairs is empty
        return json.dumps(value, ensure_ascii=False)
    return as_json(value)


def _object(kept: Mapping[str, str | None]) -> str:
    text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    return text if is_text(text) else json.dumps(kept, separators=(",", ":"))
