"""A JSON value as a file would write it, or nothing where its JSON type is not the column's.

An integer column takes no `"5"`, no `5.0` and no `true`; dates and timestamps are JSON strings. Requests and
files of JSON are held to the same rule by this one piece of code. A number that was not converted yet comes
as the bytes that it was written with, so that none of its digits is lost on the way.
"""

from __future__ import annotations

import math

import polars as pl


def as_text(value: object, kind: pl.DataType) -> tuple[str | None, bool]:
    """The value as a file would write it, and whether its JSON type fits the column's."""
    if value is None:
        return None, True
    if isinstance(value, bool):
        fits = kind == pl.Boolean
    elif isinstance(value, bytes | int):
        fits = kind.is_numeric()
    elif isinstance(value, float):
        fits = (kind.is_float() or kind.is_decimal()) and math.isfinite(value)
    else:
        fits = isinstance(value, str) and not kind.is_numeric() and kind != pl.Boolean and is_text(value)
    if not fits:
        return None, False
    return value if isinstance(value, str) else as_json(value), True


def is_text(value: str) -> bool:
    """Whether it can be written as UTF-8: half a surrogate pair cannot."""
    return value.isprintable() or value == value.encode(errors="replace").decode()


def as_json(value: object) -> str:
    """A scalar as JSON writes it; anything else as Python shows it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.decode() if isinstance(value, bytes) else repr(value)
