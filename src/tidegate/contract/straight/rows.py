"""A request's rows judged one by one in plain Python, where the contract can be said so.

What it calls good is good by the compiled contract (`tidegate.contract.requests`), with the same values; a
row that it does not is asked about there, which also finds the words for what is wrong. The function is
written as source, once, when an endpoint starts: templates of ours, in which every name and constant of the
contract stands by a name of ours.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import polars as pl

from tidegate.contract.json_values import is_text
from tidegate.contract.severity import NOT_NULL, Severity
from tidegate.contract.straight.cannot import CannotBeStraight
from tidegate.contract.straight.rules import Words, bounds, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tidegate.contract.compiled import Plan, Rule

    Read = Callable[[Mapping[str, Any]], tuple[Any, ...] | None]

_LARGEST = 3.4028234e38  # of a 32-bit float, which models take
_NUMBER_LIKE = re.compile(r"[-+.0-9]|true|false", re.IGNORECASE)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{%s})?%s"
_OFFSET = r"(?:Z|[+-](?:0[0-9]|1[0-3]):?[0-5][0-9])"


def straight(plan: Plan, wanted: Mapping[str, Mapping[str, float] | None]) -> Read:
    """A function from a row to the values of the wanted columns, or to nothing where it cannot say good.

    Args:
        plan: the compiled contract of the request.
        wanted: the columns, in order, and for a text that becomes a number which one; -1 is any other.

    Raises:
        CannotBeStraight: the contract asks for what only polars can say.
    """
    _refuse_unusual(plan)
    words = Words(plan.types, {name: f"v{at}" for at, name in enumerate(plan.types)})
    words.constants |= {"get": itemgetter(*plan.types), "nulls": frozenset(plan.nulls), **_FUNCTIONS}
    body = [line for name in plan.types for line in _column(plan, words, name)]
    body += [line for rule in _rules(plan) if len(rule.reads) != 1 for line in _across(words, rule)]
    source = "\n".join(
        [
            "def read(row):",
            "    try:",
            f"        {', '.join(words.columns.values())}{',' * (len(plan.types) == 1)} = "
            + ("get(row)," if len(plan.types) == 1 else "get(row)"),
            f"        if len(row) != {len(plan.types)}: return None",
            *(f"        {line}" for line in body),
            "    except (KeyError, ArithmeticError):",
            "        return None",
            f"    return ({''.join(f'{_given(words, name, texts)}, ' for name, texts in wanted.items())})",
        ]
    )
    made: dict[str, Any] = dict(words.constants)
    exec(compile(source, "<straight>", "exec"), made)  # noqa: S102 - see the module's own words
    read: Read = made["read"]
    return read


def _given(words: Words, name: str, texts: Mapping[str, float] | None) -> str:
    value = words.columns[name]
    if texts is None:
        return value
    return f"(None if {value} is None else {words.name(dict(texts).get)}({value}, -1.0))"


def _refuse_unusual(plan: Plan) -> None:
    if any(rule.of_kit and rule.severity is Severity.WARN for rule in plan.rules):
        raise CannotBeStraight("a column whose type or presence only warns")
    slow = [rule.check for rule in plan.rules if rule.slow and rule.severity is not Severity.WARN]
    if slow:
        raise CannotBeStraight(f"the slow check {slow[0]!r}")
    if any(_NUMBER_LIKE.match(spelling) for spelling in plan.nulls):
        raise CannotBeStraight("a spelling of nothing that is a number or a truth")


def _rules(plan: Plan) -> Iterator[Rule]:
    return (rule for rule in plan.rules if not rule.of_kit and rule.severity is not Severity.WARN)


def _column(plan: Plan, words: Words, name: str) -> Iterator[str]:
    """The lines that judge one column by itself."""
    value, dtype = words.columns[name], plan.types[name]
    needed = any(rule.of_kit and rule.check == NOT_NULL and rule.column == name for rule in plan.rules)
    said = [words.said(rule) for rule in _rules(plan) if rule.reads == (name,)]
    yield f"if {value} is not None:"
    yield from (f"    {line}" for line in _typed(words, value, dtype, spelt=bool(plan.nulls)))
    yield f"if {value} is None:"
    yield f"    {'pass' if not needed and all(if_null for _, if_null in said) else 'return None'}"
    if said:
        yield f"elif not ({' and '.join(source for source, _ in said)}): return None"


def _typed(words: Words, value: str, dtype: pl.DataType, *, spelt: bool) -> Iterator[str]:
    kind = kind_of(dtype)
    if kind in ("whole", "wide"):
        least, most = (words.name(end) for end in bounds(dtype))
        yield f"if type({value}) is not int or not {least} <= {value} <= {most}: return None"
    elif kind == "number":
        largest = words.name(_LARGEST)
        yield f"if type({value}) is not float and type({value}) is not int: return None"
        yield f"if not -{largest} <= {value} <= {largest}: return None"
    elif kind == "truth":
        yield f"if {value} is not True and {value} is not False: return None"
    else:
        yield f"if type({value}) is not str or not ({value}.isascii() or is_text({value})): return None"
        if spelt:
            yield f"if {value} in nulls: {value} = None"
        if kind != "text":
            made = words.name(_day if kind == "day" else _moments(dtype))
            yield f"{'elif' if spelt else 'if'} ({value} := {made}({value})) is None: return None"


def _across(words: Words, rule: Rule) -> Iterator[str]:
    """The lines of a rule across columns; where one is null, polars is asked."""
    source, _ = words.said(rule)
    for name in rule.reads:
        yield f"if {words.columns[name]} is None: return None"
    yield f"if not {source}: return None"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _moments(dtype: pl.DataType) -> Callable[[str], datetime | None]:
    assert isinstance(dtype, pl.Datetime), "no other type has moments"
    digits = {"ms": "1,3", "us": "1,6"}[dtype.time_unit]
    zoned = dtype.time_zone is not None
    written = re.compile(_MOMENT % (digits, _OFFSET if zoned else ""))

    def moment(text: str) -> datetime | None:
        if not written.fullmatch(text):
            return None
        try:
            found = datetime.fromisoformat(text)
            return found.astimezone(UTC) if zoned else found
        except (ValueError, OverflowError):
            return None

    return moment


def _within(value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise OverflowError
    return value


def _positive(value: int) -> int:
    """Languages differ in how they divide what is below zero."""
    if value < 0:
        raise OverflowError
    return value


def _divisor(value: int) -> int:
    if value <= 0:
        raise OverflowError
    return value


_FUNCTIONS: dict[str, Any] = {
    "is_text": is_text,
    "within": _within,
    "positive": _positive,
    "divisor": _divisor,
}
