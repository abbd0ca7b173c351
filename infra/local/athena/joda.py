"""Joda-Time's patterns, which Trino's format_datetime and parse_datetime speak, as strftime's.

Source: Trino's documentation of "Java date functions", which names Joda-Time's DateTimeFormat as the grammar.
"""

from __future__ import annotations

import re

from infra.local.athena.failures import not_supported

_FIELDS = {
    "yyyy": "%Y", "YYYY": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%-m",
    "dd": "%d", "d": "%-d", "DDD": "%j", "D": "%-j", "EEEE": "%A", "EEE": "%a", "E": "%a", "e": "%u",
    "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "mm": "%M", "m": "%-M", "ss": "%S", "s": "%-S",
    "SSS": "%g", "SSSSSS": "%f", "a": "%p", "Z": "%z", "z": "%Z",
}  # fmt: skip
_PART = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")


def strftime(pattern: str) -> str:
    """The strftime pattern that says the same as Joda's `pattern`.

    Raises:
        QueryFailed: a field of the pattern has no counterpart.
    """
    parts = []
    for match in _PART.finditer(pattern):
        text = match.group(0)
        if match.group(1) is not None:
            parts.append((match.group(1).replace("''", "'") or "'").replace("%", "%%"))
        elif match.group(2):
            if text not in _FIELDS:
                raise not_supported(f"the field {text!r} of the date pattern {pattern!r}")
            parts.append(_FIELDS[text])
        else:
            parts.append(text.replace("%", "%%"))
    return "".join(parts)
