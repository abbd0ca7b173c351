"""The keys of JSON records, and which of them hold numbers or truths: what a plan must know to read them."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import polars as pl

from tidegate.contract.formats import JsonArray, JsonLines
from tidegate.contract.infer.layout import Layout
from tidegate.contract.reading.json_text import BrokenJson, Pairs, parse_json
from tidegate.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

_WRAPPED = re.compile(r'\s*\{\s*("[\w .-]{1,60}")\s*:\s*\[')  # one object around a list of records


def json_layout(text: str, *, whole: bool) -> Layout:
    """The layout of a file of JSON from its beginning.

    Raises:
        BadRequest: no record of it is an object.
    """
    listed = text.lstrip().startswith("[")
    first = text.lstrip().partition("\n")[0]
    if not listed and _WRAPPED.match(text) and not any(_of_lines(first)):
        raise _no_records(text)
    records = _of_list(text, whole=whole) if listed else _of_lines(text)
    kinds: dict[str, Counter[str]] = {}
    for record in records:
        for key, value in record:
            kinds.setdefault(key, Counter())[_kind(value)] += 1
    if not kinds:
        raise _no_records(text)
    given = {key: found for key, counted in kinds.items() if (found := _given(counted)) is not None}
    nested = frozenset(key for key, counted in kinds.items() if counted["nested"])
    form = JsonArray() if listed else JsonLines()
    return Layout(form=form, headers=tuple(kinds), given=given, nested=nested)


def _no_records(text: str) -> BadRequest:
    what, advice = (
        "no record of it is a JSON object",
        "Name a file of JSON objects: one on each line, or a list",
    )
    if wrapped := _WRAPPED.match(text):
        what += f": they seem to lie in the list {wrapped[1]}"
        advice += f", for instance by: jq -c '.[{wrapped[1]}][]' FILE"
    return BadRequest("the file", what, advice)


def _of_lines(text: str) -> Iterable[Pairs]:
    for line in text.splitlines():
        try:
            value = parse_json(line.encode())
        except BrokenJson:
            continue
        if isinstance(value, Pairs):
            yield value


def _of_list(text: str, *, whole: bool) -> Iterable[Pairs]:
    """The elements of a list, of which the end may be missing."""
    ends = [len(text)] if whole else list(_cuts(text))
    for end in ends:
        closed = text[:end] if whole else f"{text[:end]}]"
        try:
            value = parse_json(closed.encode())
        except BrokenJson:
            continue
        if isinstance(value, list):
            return [one for one in value if isinstance(one, Pairs)]
    return []


def _cuts(text: str) -> Iterable[int]:
    """Behind which braces the list may be closed, the last first."""
    at = len(text)
    for _ in range(200):
        at = text.rfind("}", 0, at)
        if at < 0:
            return
        yield at + 1


def _kind(value: object) -> str:
    if isinstance(value, Pairs | dict | list):
        return "nested"
    if value is None:
        return "null"
    return {bool: "truth", bytes: "number", int: "number"}.get(type(value), "text")


def _given(counted: Counter[str]) -> pl.DataType | None:
    """What most values are, where the plan must know."""
    known = Counter({kind: rows for kind, rows in counted.items() if kind in ("truth", "number", "text")})
    most = known.most_common(1)[0][0] if known else ""
    return {"truth": pl.Boolean(), "number": pl.Int64()}.get(most)
