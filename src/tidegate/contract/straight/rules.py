"""From a rule's polars expression to a Python expression with the same verdict on values that are not null.

What is read is the expression's JSON (`tidegate.contract.plain`). Only what means the same in both languages
is taken: comparisons, membership, simple texts, and whole numbers whose results fit polars' type. Constants
and columns stand in the source by names of our own; no text of a contract becomes part of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

import polars as pl

from tidegate.contract.plain import as_json, from_json
from tidegate.contract.straight.cannot import CannotBeStraight
from tidegate.contract.straight.patterns import same_in_python

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from tidegate.contract.compiled import Rule

Kind = Literal["whole", "wide", "number", "text", "truth", "day", "moment"]
_COMPARE = {"Eq": "==", "NotEq": "!=", "Lt": "<", "LtEq": "<=", "Gt": ">", "GtEq": ">="}
_JOIN = {"And": "and", "Or": "or"}
_COUNT = {"Plus": "{} + {}", "Minus": "{} - {}", "Multiply": "{} * {}"}
_DIVIDE = {"Modulus": "%", "FloorDivide": "//"}
_BETWEEN = {"Both": ("<=", "<="), "Left": ("<=", "<"), "Right": ("<", "<="), "None": ("<", "<")}
_TESTS = {"StartsWith": "{}.startswith({})", "EndsWith": "{}.endswith({})"}
_CLOCK = {name: f"{{}}.{name.lower()}" for name in ("Year", "Month", "Day", "Hour", "Minute", "Second")}
_SURE_YEARS = range(1970, 2038)  # of other years libraries do not agree when clocks were changed
_PRECISE = 2**53  # every whole number up to here is a float


def kind_of(dtype: pl.DataType) -> Kind:
    """What stands for a column type in Python.

    Raises:
        CannotBeStraight: nothing does, exactly.
    """
    if dtype in (pl.Int8, pl.Int16, pl.Int32, pl.UInt8, pl.UInt16, pl.UInt32):
        return "whole"
    kinds: dict[type[pl.DataType], Kind] = {
        pl.Int64: "wide",
        pl.Float64: "number",
        pl.String: "text",
        pl.Boolean: "truth",
        pl.Date: "day",
    }
    if isinstance(dtype, pl.Datetime) and dtype.time_zone in (None, "UTC"):
        return "moment"
    try:
        return kinds[dtype.base_type()]
    except KeyError:
        raise CannotBeStraight(f"the type {dtype}") from None


@dataclass
class Words:
    """The source of rules, and the constants that it names."""

    types: Mapping[str, pl.DataType]
    columns: Mapping[str, str]  # what each column's value is called in the source
    constants: dict[str, Any] = field(default_factory=dict)
    _null_is_value: bool = False  # the rule at hand turns null into a value on the way

    def name(self, value: object) -> str:
        """What a constant is called in the source."""
        name = f"c{len(self.constants)}"
        self.constants[name] = value
        return name

    def said(self, rule: Rule) -> tuple[str, bool | None]:
        """The rule as a Python expression, and its verdict where its one column is null, if that is known.

        Raises:
            CannotBeStraight: it means something that is not taken.
        """
        assert rule.keeps is not None, "a slow rule has no expression"
        node = as_json(rule.keeps)
        inner, if_null = _filled(node)
        self._null_is_value = False
        try:
            source, kind = self._of(inner)
        except (KeyError, TypeError, ValueError) as error:
            raise CannotBeStraight(f"the rule {rule.check!r}") from error
        if kind != "truth":
            raise CannotBeStraight(f"the rule {rule.check!r}")
        return source, None if self._null_is_value else if_null

    def _of(self, node: Any) -> tuple[str, Kind]:
        ((word, parts),) = node.items()
        if word == "Column":
            return self.columns[parts], kind_of(self.types[parts])
        if word == "Literal":
            return self._literal(node)
        if word == "BinaryExpr":
            return self._two(node, parts["op"], self._of(parts["left"]), self._of(parts["right"]))
        if word == "Cast":
            return self._whole(node, self._of(parts["expr"]))
        if word == "Function":
            return self._function(parts["function"], parts["input"])
        raise CannotBeStraight(f"{word}")

    def _literal(self, node: Any) -> tuple[str, Kind]:
        value = pl.select(from_json(node)).to_series()[0]
        kinds: dict[type, Kind] = {bool: "truth", int: "whole", float: "number", str: "text"}
        kind = kinds[type(value)]
        if kind == "whole" and abs(value) > _PRECISE:
            kind = "wide"
        return self.name(value), kind

    def _two(self, node: Any, op: str, left: tuple[str, Kind], right: tuple[str, Kind]) -> tuple[str, Kind]:
        kinds = {left[1], right[1]}
        if op in _COMPARE:
            _comparable(kinds)
            return f"({left[0]} {_COMPARE[op]} {right[0]})", "truth"
        if op in _JOIN and kinds == {"truth"}:
            return f"({left[0]} {_JOIN[op]} {right[0]})", "truth"
        if op in _COUNT and kinds <= {"whole", "wide"}:
            return self._whole(node, (_COUNT[op].format(left[0], right[0]), "wide"))
        if op in _DIVIDE and kinds <= {"whole", "wide"}:
            return f"(positive({left[0]}) {_DIVIDE[op]} divisor({right[0]}))", self._whole(node, left)[1]
        raise CannotBeStraight(f"{op} of {' and '.join(sorted(kinds))}")

    def _whole(self, node: Any, given: tuple[str, Kind]) -> tuple[str, Kind]:
        """A whole number, if it fits the type that polars gives it."""
        dtype = self._dtype(node)
        kind = kind_of(dtype)
        if kind not in ("whole", "wide") or given[1] not in ("whole", "wide"):
            raise CannotBeStraight(f"a cast to {dtype}")
        least, most = (self.name(end) for end in bounds(dtype))
        return f"within({given[0]}, {least}, {most})", kind

    def _dtype(self, node: Any) -> pl.DataType:
        frame = pl.LazyFrame(schema=pl.Schema(self.types))
        return frame.select(from_json(node)).collect_schema().dtypes()[0]

    def _function(self, word: Any, inputs: list[Any]) -> tuple[str, Kind]:
        family, what = next(iter(word.items())) if isinstance(word, dict) else (word, None)
        options = what if isinstance(what, str) else next(iter(what or {}), "")
        if options == "IsIn":
            return self._is_in(self._of(inputs[0]), inputs[1])
        given = [self._of(one) for one in inputs]
        sources, kinds = [source for source, _ in given], [kind for _, kind in given]
        if family == "FillNull" and kinds == ["truth", "truth"]:
            self._null_is_value = True
            return sources[0], "truth"
        if (
            family == "Boolean"
            and set(kinds) == {"truth"}
            and options in ("Not", "AllHorizontal", "AnyHorizontal")
        ):
            joined = " or " if options == "AnyHorizontal" else " and "
            return f"(not {sources[0]})" if options == "Not" else f"({joined.join(sources)})", "truth"
        if options == "IsBetween":
            low, high = _BETWEEN[word["Boolean"]["IsBetween"]["closed"]]
            for end in kinds[1:]:
                _comparable({kinds[0], end})
            return f"({sources[1]} {low} {sources[0]} {high} {sources[2]})", "truth"
        if family == "StringExpr":
            return self._text(what, options, sources, kinds)
        if family == "TemporalExpr" and kinds == ["moment"]:
            return self._time(what, options, sources[0], self._dtype(inputs[0]))
        raise CannotBeStraight(f"{options or family}")

    def _is_in(self, value: tuple[str, Kind], listed: Any) -> tuple[str, Kind]:
        members = pl.select(from_json(listed)).to_series()[0].to_list()
        wanted: dict[Kind, type] = {"text": str, "whole": int, "wide": int}
        if value[1] not in wanted or any(type(one) is not wanted[value[1]] for one in members):
            raise CannotBeStraight(f"a list for {value[1]}")
        return f"({value[0]} in {self.name(frozenset(members))})", "truth"

    def _time(self, what: Any, options: str, source: str, dtype: pl.DataType) -> tuple[str, Kind]:
        if options in _CLOCK:
            return _CLOCK[options].format(source), "whole"
        if options == "ConvertTimeZone" and isinstance(dtype, pl.Datetime) and dtype.time_zone:
            return f"{self.name(_local(what[options]['inner']))}({source})", "moment"
        raise CannotBeStraight(options)

    def _text(self, what: Any, options: str, sources: list[str], kinds: list[Kind]) -> tuple[str, Kind]:
        if set(kinds) != {"text"}:
            raise CannotBeStraight(f"{options} of {kinds}")
        if options == "LenChars":
            return f"len({sources[0]})", "wide"
        if options in _TESTS:
            return _TESTS[options].format(*sources), "truth"
        if options == "Contains":
            if what["Contains"]["literal"]:
                return f"({sources[1]} in {sources[0]})", "truth"
            pattern = self.name(same_in_python(self.constants[sources[1]]).search)
            return f"({pattern}({sources[0]}) is not None)", "truth"
        raise CannotBeStraight(options)


def bounds(dtype: pl.DataType) -> tuple[int, int]:
    """The least and the greatest whole number of a type."""
    ends = [getattr(dtype, end)() for end in ("min", "max")]  # which only types of whole numbers have
    least, most = (pl.select(end).item() for end in ends)
    return int(least), int(most)


def _local(zone: str) -> Callable[[datetime], datetime]:
    """From a moment to what the clocks of a place show, or an overflow in a year that is not sure."""
    there = ZoneInfo(zone)

    def local(at: datetime) -> datetime:
        if at.year not in _SURE_YEARS:
            raise OverflowError
        return at.astimezone(there)

    return local


def _comparable(kinds: set[Kind]) -> None:
    """Whether two values compare in Python as they do in polars, which casts some of them before."""
    if len(kinds) > 1 and kinds not in ({"whole", "wide"}, {"whole", "number"}):
        raise CannotBeStraight(f"{' beside '.join(sorted(kinds))}")


def _filled(node: Any) -> tuple[Any, bool]:
    """What a rule asks, and its verdict on null; every rule is compiled as `fill_null(verdict)`."""
    inner, verdict = node["Function"]["input"]
    if node["Function"]["function"] != "FillNull":
        raise CannotBeStraight("a rule that says nothing of null")
    return inner, bool(verdict["Literal"]["Scalar"]["Boolean"])
