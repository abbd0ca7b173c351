"""Conditions that a table's files can be chosen by, taken from the WHERE above the table.

DuckDB still applies the whole WHERE: what is pushed only spares reading. A comparison with a literal is
never true of a null, so it may be pushed below joins of any kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyiceberg import expressions as ice
from pyiceberg.types import (
    BooleanType,
    DateType,
    IcebergType,
    IntegerType,
    LongType,
    StringType,
    TimestampType,
)
from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Mapping

_COMPARISONS: dict[type[exp.Expr], tuple[type[ice.LiteralPredicate], type[ice.LiteralPredicate]]] = {
    exp.EQ: (ice.EqualTo, ice.EqualTo),
    exp.LT: (ice.LessThan, ice.GreaterThan),
    exp.LTE: (ice.LessThanOrEqual, ice.GreaterThanOrEqual),
    exp.GT: (ice.GreaterThan, ice.LessThan),
    exp.GTE: (ice.GreaterThanOrEqual, ice.LessThanOrEqual),
}


def filters(table: exp.Table, types: Mapping[str, IcebergType]) -> ice.BooleanExpression:
    """What may be asked of the files of `table`, whose columns have these `types`."""
    select = table.find_ancestor(exp.Select)
    where = select.args.get("where") if select else None
    if select is None or where is None:
        return ice.AlwaysTrue()
    alone = not select.args.get("joins") and not select.args.get("laterals")
    found: ice.BooleanExpression = ice.AlwaysTrue()
    for condition in where.this.flatten() if isinstance(where.this, exp.And) else [where.this]:
        for pushed in _pushed(condition.unnest(), table.alias_or_name, alone, types):
            found = ice.And(found, pushed)
    return found


def _pushed(
    condition: exp.Expr, name: str, alone: bool, types: Mapping[str, IcebergType]
) -> list[ice.BooleanExpression]:
    if isinstance(condition, exp.Between):
        low = exp.GTE(this=condition.this.copy(), expression=condition.args["low"].copy())
        high = exp.LTE(this=condition.this.copy(), expression=condition.args["high"].copy())
        return [*_pushed(low, name, alone, types), *_pushed(high, name, alone, types)]
    makers = _COMPARISONS.get(type(condition))
    if makers is None:
        return []
    for column, literal, make in (
        (condition.this, condition.expression, makers[0]),
        (condition.expression, condition.this, makers[1]),
    ):
        if isinstance(column, exp.Column) and (column.table == name or (alone and not column.table)):
            kind = types.get(column.name.lower())
            value = _literal(literal, kind) if kind is not None else None
            return [] if value is None else [make(column.name.lower(), value)]
    return []


def _literal(  # noqa: PLR0911 - one return a type
    node: exp.Expr, kind: IcebergType
) -> str | int | bool | None:
    """The literal as PyIceberg reads it for a column of this type; None when unsure."""
    if isinstance(node, exp.Boolean) and isinstance(kind, BooleanType):
        return bool(node.this)
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal) and node.this.is_string:
        if isinstance(kind, DateType) and node.to.is_type("date"):
            return str(node.this.name)
        if isinstance(kind, TimestampType) and node.to.is_type("timestamp") and len(node.this.name) >= 19:
            return str(node.this.name).replace(" ", "T")
        return None
    if not isinstance(node, exp.Literal):
        return None
    if node.is_string:
        return str(node.this) if isinstance(kind, StringType) else None
    whole = isinstance(kind, (IntegerType, LongType)) and node.is_int
    return int(node.name) if whole and abs(int(node.name)) < 2**31 else None
