"""Polars' expressions as JSON and back, of those that hold nothing but data.

Polars writes a Python function as a pickle, and to read one is to run it. So nothing is given to polars to
read but what is made of the words below; whatever else stands there, a pickle or another library's code,
is refused before.
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import polars as pl

from tidegate.errors import ContractMistake

if TYPE_CHECKING:
    from collections.abc import Iterator

# What may stand in an expression that judges each row by itself, as polars 2.1 spells it: kinds of
# expressions and literals, families of functions, functions with arguments, their arguments.
_WORDS = """
Alias BinaryExpr Cast Column Function KeepName Literal Ternary

Dyn Int Float Range Scalar Series Binary Boolean Date Datetime Decimal Duration Float32 Float64 Int8 Int16
Int32 Int64 List Null String Time UInt8 UInt16 UInt32 UInt64

Bitwise Business ListExpr Pow StringExpr StructExpr TemporalExpr Trigonometry

AddBusinessDay Base64Decode BusinessDayCount CastTimeUnit Clip Combine ConcatHorizontal Contains ContainsAny
ConvertTimeZone CountMatches DatetimeFunction EndsWith Extract ExtractAll ExtractMany FieldByName Find
FindMany Format Get Hash HexDecode IsBetween IsBusinessDay IsClose IsIn Join MeanHorizontal Normalize PadEnd
PadStart Replace ReplaceMany ReplaceStrict ReplaceTimeZone Round RoundSF Slice Split SplitExact SplitN
StartsWith Strptime SumHorizontal TimeStamp ToDecimal ToInteger ToString TotalDays TotalHours
TotalMicroseconds TotalMilliseconds TotalMinutes TotalNanoseconds TotalSeconds Truncate

abs_tol ascii_case_insensitive cache closed decimals delimiter digits dtype exact expr falsy fill_char form
format fractional function has_max has_min ignore_nulls inclusive inner input insertions left leftmost length
literal mode n nans_equal null_on_oob nulls_equal offset op options overlapping pat predicate rel_tol
return_dtype right roll scale seed strict time_unit time_zone truthy week_mask
"""
WORDS = frozenset(_WORDS.split())


def is_plain(expression: pl.Expr) -> bool:
    """Whether the expression can be kept as data."""
    try:
        as_json(expression)
    except ContractMistake:
        return False
    return True


def as_json(expression: pl.Expr) -> Any:
    """The expression as a JSON document.

    Raises:
        ContractMistake: it cannot be written so that the very same is read.
    """
    try:
        written = json.loads(expression.meta.serialize(format="json"))
        same = from_json(written).meta.eq(expression)
    except pl.exceptions.PolarsError as error:
        raise _refused(str(expression), str(error)) from error
    if not same:  # as polars writes infinity, and a number of more digits than it reads back
        raise _refused(str(expression), "polars reads back another one than it wrote")
    return written


def from_json(written: Any) -> pl.Expr:
    """The expression of a JSON document; what holds a pickle is not given to polars.

    Raises:
        ContractMistake: there is something in it that is not known to be data.
    """
    unknown = sorted({word for word in _words(written) if word not in WORDS})
    if unknown:
        raise _refused(str(written), f"{', '.join(unknown[:5])} may not stand in it")
    return pl.Expr.deserialize(io.BytesIO(json.dumps(written).encode()), format="json")


def _words(written: Any) -> Iterator[str]:
    if isinstance(written, dict):
        yield from written
        for part in written.values():
            yield from _words(part)
    elif isinstance(written, list):
        for part in written:
            if isinstance(part, dict | list):
                yield from _words(part)


def _refused(expression: str, why: str) -> ContractMistake:
    return ContractMistake(
        "a rule's expression", f"{expression[:80]} cannot be kept as data: {why}", "It stays a slow check"
    )
