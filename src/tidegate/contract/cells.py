"""From the text of a cell to a typed value, strictly: what is not written as its type is written is refused.

A cell is nothing when it is spelt as one of the contract's `null_values`, quoted or not; any other spelling
is a value. Nothing is trimmed. Then, by the column's type:

* integers are written as they are printed: `-5`, `0`, `42`; not `05`, `+5`, `-0`, ` 5`, `5.0`, `1e3`, and
  nothing that does not fit the type;
* floats are written as JSON writes numbers: `0.5`, `-3`, `1e3`; not `.5`, `5.`, `05`, `+5`, `NaN`, `inf`,
  nor what overflows to infinity; decimals likewise without an exponent, and with no more digits than the
  type holds;
* booleans are `true`, `True`, `TRUE`, `false`, `False`, `FALSE`; not `1`, `yes`, `t`;
* dates are `YYYY-MM-DD`, and exist, in the years 0001 to 9999, which every reader of a table knows;
* timestamps are ISO 8601 with seconds: `2013-01-01T10:00:00Z`, `…T10:00:00.5+02:00`. A column with a zone
  demands the `Z` or offset and holds the same instant in its zone; a column without one refuses them. No
  leap second, no more fractional digits than the type holds, and the same years, in UTC as in the zone;
* text is itself, and the empty text is a value unless the contract's nulls name it.
"""

from __future__ import annotations

import polars as pl

from tidegate.errors import ContractMistake

TEXT = "_text:"  # contract columns never begin with an underscore
UNKNOWN = "_unknown:"  # how a column that the contract does not know is called while it is read
MORE = "_more:"  # the same, once it is known where in the table it goes

_JSON_NUMBER = r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_FIRST_YEAR = "0001"
_DAY_AND_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9]"
_OFFSET = r"(?:Z|[+-][0-9]{2}:?[0-9]{2})"
_DIGITS = {"ms": 3, "us": 6}
_YEARS = (1, 9999)
_TRUE, _FALSE = ["true", "True", "TRUE"], ["false", "False", "FALSE"]


def typed(column: str, kind: pl.DataType) -> pl.Expr:
    """The typed value of a text cell: null for nothing, and for what is not written as the type is.

    Raises:
        ContractMistake: the type is none that a cell can be read as.
    """
    text = pl.col(TEXT + column)
    if kind == pl.String:
        value = text
    elif kind.is_integer():
        value = pl.when(_as_printed(text)).then(text.cast(kind, strict=False))
    elif kind.is_float():
        real = text.cast(kind, strict=False)
        value = pl.when(real.is_finite() & text.str.contains(_JSON_NUMBER)).then(real)
    elif kind == pl.Boolean:
        value = pl.when(text.is_in(_TRUE)).then(True).when(text.is_in(_FALSE)).then(False)
    elif kind == pl.Date:
        # polars takes blanks, signs and single digits too; its cache of dates costs more than it saves
        day = text.str.to_date("%Y-%m-%d", strict=False, cache=False)
        value = pl.when(text.str.contains(_DAY) & (text >= _FIRST_YEAR)).then(day)
    elif isinstance(kind, pl.Datetime) and kind.time_unit in _DIGITS:
        value = _instant(text, kind)
    elif isinstance(kind, pl.Decimal):
        plain = (
            rf"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]{{1,{kind.scale}}})?$"
            if kind.scale
            else r"^-?(?:0|[1-9][0-9]*)$"
        )
        value = pl.when(text.str.contains(plain)).then(text.cast(kind, strict=False))
    else:
        raise ContractMistake(
            f"column {column!r}",
            f"a cell cannot be read as {kind}",
            "Use an integer, float, Decimal, Boolean, String, Date or Datetime type of polars",
        )
    return value.alias(column)


def _as_printed(text: pl.Expr) -> pl.Expr:
    """Whether a text that polars reads as an integer, a sign and digits, is written as integers are printed.

    Texts are compared by their bytes, and only these begin with a digit from 1 to 9.
    """
    negative = text.is_between(pl.lit("-1"), pl.lit("-:"), closed="left")
    return (text >= "1") | (text == "0") | negative


def _instant(text: pl.Expr, kind: pl.Datetime) -> pl.Expr:
    written = (
        _DAY_AND_TIME
        + rf"(?:\.[0-9]{{1,{_DIGITS[kind.time_unit]}}})?"
        + (_OFFSET if kind.time_zone else "")
        + "$"
    )
    form = "%Y-%m-%dT%H:%M:%S%.f" + ("%#z" if kind.time_zone else "")
    instant = text.str.to_datetime(form, time_unit=kind.time_unit, strict=False)
    known = text.str.contains(written) & instant.dt.year().is_between(*_YEARS)
    if kind.time_zone and kind.time_zone != "UTC":
        instant = instant.dt.convert_time_zone(kind.time_zone)
        known &= instant.dt.year().is_between(*_YEARS)
    return pl.when(known).then(instant)
