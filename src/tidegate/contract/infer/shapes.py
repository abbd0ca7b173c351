"""Rules for columns of text: the few values that there are, or the one shape that codes have."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections import Counter

_FEW, _EACH, _LEAST_ROWS, _LONG = 15, 8, 30, 40
_CODE = 24  # characters of a code, at most
_CLASSES = (("[0-9]+", "9"), ("[A-Z]+", "A"), ("[a-z]+", "a"))
_WRITTEN = {"9": "[0-9]", "A": "[A-Z]", "a": "[a-z]"}
_SIGNATURE = re.compile(r"[9Aa_./:#-]{1,12}")


def allowed_values(values: Counter[str] | None) -> str | None:
    """The values as a Python list, where there are few and each comes again and again."""
    if values is None or not 2 <= len(values) <= _FEW:
        return None
    if values.total() < max(_LEAST_ROWS, _EACH * len(values)) or max(map(len, values)) > _LONG:
        return None
    return "[" + ", ".join(json.dumps(value, ensure_ascii=False) for value in sorted(values)) + "]"


def code_shape(cells: pl.Series) -> str | None:
    """A regex for codes, where all cells have one shape; prose has none."""
    held = cells.drop_nulls()
    lengths = held.str.len_chars()
    if len(held) < _LEAST_ROWS or _int(lengths.max()) > _CODE or held.n_unique() < 3:
        return None
    signatures = held.alias("x").to_frame().select(_signature(pl.col("x")))["x"].unique()
    if len(signatures) == 1 and _SIGNATURE.fullmatch(signatures[0]) and _is_code(signatures[0]):
        return _regex(held, signatures[0])
    least, most = _int(lengths.min()), _int(lengths.max())
    if held.str.contains("^[A-Z0-9]+$").all() and held.str.contains("[0-9]").any() and most - least <= 4:
        return f"^[A-Z0-9]{_times(least, most)}$"
    return None


def _is_code(signature: str) -> bool:
    """Digits or capitals: words of small letters are prose, even a word alone."""
    return "9" in signature or ("A" in signature and "a" not in signature)


def _signature(cell: pl.Expr) -> pl.Expr:
    for index, (pattern, _) in enumerate(_CLASSES):
        cell = cell.str.replace_all(pattern, "\0\1\2"[index])
    for index, (_, mark) in enumerate(_CLASSES):
        cell = cell.str.replace_all("\0\1\2"[index], mark, literal=True)
    return cell


def _regex(held: pl.Series, signature: str) -> str:
    """The shape with how often each kind of sign stands in it."""
    pattern = "^" + "".join(
        f"({_WRITTEN[mark]}+)" if mark in _WRITTEN else re.escape(mark) for mark in signature
    )
    lengths = held.str.extract_groups(pattern + "$").struct.unnest()
    parts, at = [], 0
    for mark in signature:
        if mark not in _WRITTEN:
            parts.append(re.escape(mark).replace("\\-", "-").replace("\\#", "#"))
            continue
        counted = lengths.to_series(at).str.len_chars()
        parts.append(_WRITTEN[mark] + _times(_int(counted.min()), _int(counted.max())))
        at += 1
    return "^" + "".join(parts) + "$"


def _times(least: int, most: int) -> str:
    if least == most:
        return "" if least == 1 else f"{{{least}}}"
    return f"{{{least},{most}}}" if least > 1 or most <= 6 else "+"


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0
