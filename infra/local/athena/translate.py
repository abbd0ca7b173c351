"""Trino's tree to DuckDB's SQL, where sqlglot's own translation means something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from infra.local.athena import joda
from infra.local.athena.failures import not_supported

if TYPE_CHECKING:
    from collections.abc import Callable

UNNAMED = "__unnamed_"


def name_columns(tree: exp.Query) -> exp.Query:
    """Give the outermost unnamed columns a name that the engine turns into Athena's `_col<n>`."""
    first: exp.Expr = tree
    while isinstance(first, exp.SetOperation | exp.Subquery):
        first = first.this
    for number, column in enumerate(first.expressions):
        plain = isinstance(column, exp.Column | exp.Alias | exp.Star | exp.Dot)
        if not plain:
            column.replace(exp.alias_(column.copy(), f"{UNNAMED}{number}", quoted=True))
    return tree


def to_duckdb(tree: exp.Query) -> str:
    """The DuckDB statement that means what `tree` means in Trino.

    Raises:
        QueryFailed: a part of it cannot be said.
    """
    for node in reversed(list(tree.walk())):  # children before their parents
        translate = _TRANSLATIONS.get(type(node))
        said = translate(node) if translate else node
        if said is not node:
            node.replace(said)
    return tree.sql("duckdb")


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])


def _unit(node: exp.Expr) -> str:
    unit = node.args.get("unit")
    return str(unit.name).lower() if unit is not None else "day"


def _division(node: exp.Expr) -> exp.Expr:
    if node.find_ancestor(exp.Try):
        return exp.Anonymous(this="divide_or_null", expressions=[node.this.copy(), node.expression.copy()])
    return _call("tr_div", node.this, node.expression)


def _shift(node: exp.Expr) -> exp.Expr:
    """date_add of whole days leaves a date a date."""
    unit, amount = _unit(node), node.expression
    step = {"week": ("day", 7), "quarter": ("month", 3)}.get(unit, (unit, 1))
    if unit not in ("millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"):
        raise not_supported(f"date_add of the unit {unit!r}")
    interval = exp.Mul(
        this=exp.Cast(this=exp.Paren(this=amount.copy()), to=exp.DataType.build("bigint")),
        expression=exp.Interval(this=exp.Literal.string(str(step[1])), unit=exp.var(step[0].upper())),
    )
    whole = unit in ("day", "week", "month", "quarter", "year")
    return _call("tr_shift" if whole else "tr_move", node.this, interval)


def _arithmetic(node: exp.Expr) -> exp.Expr:
    """DATE + INTERVAL of whole days is a date in Trino, a timestamp in DuckDB."""
    left, right = node.this, node.expression
    if isinstance(left, exp.Interval) and isinstance(node, exp.Add):
        left, right = right, left
    if not isinstance(right, exp.Interval):
        return node
    whole = _unit(right) in ("day", "week", "month", "year")
    step = exp.Neg(this=right.copy()) if isinstance(node, exp.Sub) else right
    return _call("tr_shift" if whole else "tr_move", left, step)


def _difference(node: exp.Expr) -> exp.Expr:
    """Trino counts units that have passed, as DuckDB's date_sub; date_diff counts borders crossed."""
    return _call("date_sub", exp.Literal.string(_unit(node)), node.expression, node.this)


def _sequence(node: exp.Expr) -> exp.Expr:
    step = node.args.get("step")
    if isinstance(step, exp.Interval):
        return _call("tr_dates", node.args["start"], node.args["end"], step)
    return node


def _in_zone(node: exp.Expr) -> exp.Expr:
    return _call("at_timezone", node.this, node.args["zone"])


def _joda(node: exp.Expr) -> str:
    if not (isinstance(node, exp.Literal) and node.is_string):
        raise not_supported("a date pattern that is not a literal")
    return joda.strftime(node.name)


def _parsed_datetime(node: exp.Expr) -> exp.Expr:
    parsed = _call("strptime", node.this, exp.Literal.string(_joda(node.args["format"])))
    return exp.cast(parsed, "timestamptz")


def _anonymous(node: exp.Expr) -> exp.Expr:
    name = node.name.lower()
    if name == "format_datetime" and len(node.expressions) == 2:
        moment, pattern = node.expressions
        return _call("strftime", moment, exp.Literal.string(_joda(pattern)))
    if name in ("any_match", "all_match", "none_match"):
        return _match(name, *node.expressions)
    return node


def _match(name: str, values: exp.Expr, condition: exp.Expr) -> exp.Expr:
    tested = _call("list_transform", values, condition)
    if name == "all_match":
        return exp.Coalesce(this=_call("list_bool_and", tested), expressions=[exp.true()])
    some = exp.Coalesce(this=_call("list_bool_or", tested), expressions=[exp.false()])
    return exp.Not(this=some) if name == "none_match" else some


def _extracted(node: exp.Expr) -> exp.Expr:
    """No match is NULL in Trino and an empty text in DuckDB."""
    group = node.args.get("group") or exp.Literal.number(0)
    text, pattern = node.this, node.expression
    found = _call("regexp_extract", text, pattern, group)
    return exp.If(this=_call("regexp_matches", text, pattern), true=found)


def _counted(node: exp.Expr) -> exp.Expr:
    return exp.cast(_call("count_if", node.this), "bigint")


def _reduced(node: exp.Expr) -> exp.Expr:
    folded = _call("list_reduce", node.this, node.args["merge"], node.args["initial"])
    finish = node.args.get("finish")
    if not isinstance(finish, exp.Lambda):
        return folded
    listed = exp.Array(expressions=[folded])
    return _call("list_extract", _call("list_transform", listed, finish), exp.Literal.number(1))


def _formatted(node: exp.Expr) -> exp.Expr:
    return _call("printf", node.this, *node.expressions)


def _json_value(node: exp.Expr) -> exp.Expr:
    path = node.args["path"].name.removeprefix("lax ").removeprefix("strict ")
    return _call("json_extract_string", node.this, exp.Literal.string(path))


def _type_name(node: exp.Expr) -> exp.Expr:
    return exp.Lower(this=_call("typeof", node.this))


_TRANSLATIONS: dict[type[exp.Expr], Callable[[Any], exp.Expr]] = {
    exp.Div: _division,
    exp.DateAdd: _shift,
    exp.Add: _arithmetic,
    exp.Sub: _arithmetic,
    exp.DateDiff: _difference,
    exp.GenerateSeries: _sequence,
    exp.AtTimeZone: _in_zone,
    exp.ParseDatetime: _parsed_datetime,
    exp.Anonymous: _anonymous,
    exp.RegexpExtract: _extracted,
    exp.CountIf: _counted,
    exp.Reduce: _reduced,
    exp.Format: _formatted,
    exp.JSONValue: _json_value,
    exp.Typeof: _type_name,
}
