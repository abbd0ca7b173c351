"""Which patterns Python's `re` matches exactly as polars does, and as fast: the rest stays with polars.

Polars' engine (Rust's `regex`) takes time in proportion to the text, whatever the pattern; Python's may not,
and a request's text is hostile. So a pattern is taken only if it is a row of single characters and classes of
ASCII, no group among them, with few repetitions.
"""

from __future__ import annotations

import re

from tidegate.contract.straight.cannot import CannotBeStraight

_PLAIN = r"[A-Za-z0-9 _:/@,;#%=<>!'~\-]"
_ESCAPED = r"\\[.\-/+*?()\[\]{}|^$\\]"
_CLASS = r"\[\^?(?:[A-Za-z0-9](?:-[A-Za-z0-9])?|[ _.:/@,+#])+\]"
_ATOM = f"(?:{_PLAIN}|{_ESCAPED}|{_CLASS})"
_TIMES = r"(?:\{[0-9]{1,3}(?:,[0-9]{0,3})?\}|[?*+])?"
_TAKEN = re.compile(rf"(\^?)((?:{_ATOM}{_TIMES})*)(\$?)")
_PART = re.compile(rf"{_ATOM}({_TIMES})")
_MOST_WAYS = 10_000  # in which a text of no match may be tried from one place


def same_in_python(pattern: str) -> re.Pattern[str]:
    """The pattern for `search`.

    Raises:
        CannotBeStraight: the two engines may differ on it, or Python's may take long.
    """
    taken = _TAKEN.fullmatch(pattern)
    if taken is None:
        raise CannotBeStraight(f"the pattern {pattern[:60]!r}")
    start, middle, end = taken.groups()
    ways, endless = _ways(middle)
    if ways > _MOST_WAYS or endless > 1 or (endless and not start):
        raise CannotBeStraight(f"the pattern {pattern[:60]!r}, which may take long")
    return re.compile(f"{start}{middle}" + (r"\Z" if end else ""))


def _ways(middle: str) -> tuple[int, int]:
    """In how many ways the bounded repetitions can be divided up, and how many have no bound."""
    ways, endless = 1, 0
    for part in _PART.finditer(middle):
        times = part[1]
        if times in ("*", "+") or times.endswith(",}"):
            endless += 1
        elif times == "?":
            ways *= 2
        elif "," in times:
            least, most = (int(number) for number in times.strip("{}").split(","))
            ways *= max(1, most - least + 1)
    return ways, endless
