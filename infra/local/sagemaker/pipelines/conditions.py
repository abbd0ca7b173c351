"""What a Condition step asks: comparisons, membership, and what is made of them."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from infra.local.sagemaker.pipelines.references import resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.sagemaker.pipelines.references import Scope
    from infra.local.sagemaker.store import Record

_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
TYPES = {*_COMPARED, "In", "Not", "Or"}


class NotComparableError(Exception):
    """Two values that have no order, as text and a number."""


def within(condition: Record) -> list[Record]:
    """The conditions that this one is made of."""
    if condition.get("Type") == "Not":
        # the JSON schema says Expression, and version 3 of the SDK writes Condition
        return [condition.get("Expression") or condition["Condition"]]
    if condition.get("Type") == "Or":
        found: list[Record] = condition["Conditions"]
        return found
    return []


def holds(condition: Record, scope: Scope) -> bool:
    """Whether a condition is true.

    Raises:
        NotComparableError: its values have no order.
        UnknownReferenceError: it refers to what is not there.
    """
    kind = condition["Type"]
    if kind == "Not":
        return not holds(within(condition)[0], scope)
    if kind == "Or":
        return any(holds(one, scope) for one in within(condition))
    if kind == "In":
        return resolve(condition["QueryValue"], scope) in resolve(condition["Values"], scope)
    left, right = resolve(condition["LeftValue"], scope), resolve(condition["RightValue"], scope)
    try:
        return bool(_COMPARED[kind](left, right))
    except TypeError as error:
        raise NotComparableError(f"{left!r} and {right!r} cannot be compared") from error
