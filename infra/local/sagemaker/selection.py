"""The part of JSONPath that batch transform knows: `$`, `.name`, `['a', 'b']`, `[0]`, `[0, -1]`, `[1:]`.

https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html
"""

from __future__ import annotations

import json
import re
from typing import Any

from infra.local.sagemaker.faults import not_implemented

_STEP = re.compile(
    r"""\.(?P<name>[A-Za-z_]\w*)
      | \[\s*(?P<names>(?:'[^']*'|"[^"]*")(?:\s*,\s*(?:'[^']*'|"[^"]*"))*)\s*\]
      | \[\s*(?P<start>-?\d*)\s*:\s*(?P<stop>-?\d*)\s*\]
      | \[\s*(?P<places>-?\d+(?:\s*,\s*-?\d+)*)\s*\]""",
    re.VERBOSE,
)
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")

Selector = str | int | slice | list[str] | list[int]


class NothingThereError(Exception):
    """A record that does not have what an expression selects."""


def parse(expression: str) -> list[Selector]:
    """The steps of an expression.

    Raises:
        ApiError: it uses more of JSONPath than is done here.
    """
    if not expression.startswith("$"):
        raise not_implemented(f"The expression {expression!r}: a path that does not begin with $")
    steps: list[Selector] = []
    place = 1
    while place < len(expression):
        found = _STEP.match(expression, place)
        if found is None:
            raise not_implemented(f"The expression {expression!r}: {expression[place:]!r}")
        steps.append(_selector(found))
        place = found.end()
    return steps


def select(steps: list[Selector], value: Any) -> Any:
    """What the steps lead to.

    Raises:
        NothingThereError: they lead nowhere.
    """
    try:
        for step in steps:
            value = _one(step, value)
    except (KeyError, IndexError, TypeError) as error:
        raise NothingThereError(f"{json.dumps(value)[:200]} has no {error}") from error
    return value


def _one(step: Selector, value: Any) -> Any:
    if not isinstance(step, list):
        return value[step]
    if isinstance(step[0], str):
        return {name: value[name] for name in step}
    return [value[place] for place in step]


def _selector(found: re.Match[str]) -> Selector:
    if name := found["name"]:
        return name
    if names := found["names"]:
        named = [first or second for first, second in _QUOTED.findall(names)]
        return named[0] if len(named) == 1 else named
    if places := found["places"]:
        numbers = [int(place) for place in places.split(",")]
        return numbers[0] if len(numbers) == 1 else numbers
    return slice(*(int(end) if end else None for end in (found["start"], found["stop"])))
