"""CloudWatch metric math, as far as alarms here use it: arithmetic, comparisons, IF and FILL over metrics
by id.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping

from tidegate.errors import Unsupported

Values = Mapping[str, float | None]

_OPERATORS: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def evaluate(expression: str, values: Values) -> float | None:
    """The expression's value, or None when a metric that it needs has no data (or it divides by zero).

    Raises:
        Unsupported: the expression has something in it that is not evaluated here.
    """
    try:
        tree = ast.parse(expression, mode="eval").body
    except SyntaxError:
        raise _unsupported(expression, expression) from None
    return _value(tree, values, expression)


def _value(node: ast.expr, values: Values, expression: str) -> float | None:  # noqa: PLR0911
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            return values.get(name)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            above, below = _value(left, values, expression), _value(right, values, expression)
            return None if above is None or not below else above / below
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _both(type(op), left, right, values, expression)
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _OPERATORS:
            return _both(type(op), left, right, values, expression)
        case ast.Call(func=ast.Name(id="IF"), args=[test, then, otherwise]):
            said = _value(test, values, expression)
            return None if said is None else _value(then if said else otherwise, values, expression)
        case ast.Call(func=ast.Name(id="FILL"), args=[metric, filler]):
            found = _value(metric, values, expression)
            return _value(filler, values, expression) if found is None else found
    raise _unsupported(expression, ast.unparse(node))


def _both(
    op: type[ast.AST], left: ast.expr, right: ast.expr, values: Values, expression: str
) -> float | None:
    first, second = _value(left, values, expression), _value(right, values, expression)
    return None if first is None or second is None else float(_OPERATORS[op](first, second))


def _unsupported(expression: str, part: str) -> Unsupported:
    return Unsupported(
        f"metric math {expression!r}",
        f"the local cloud does not evaluate {part!r}",
        "AWS does. Here it may hold +, -, *, /, comparisons, IF and FILL",
    )
