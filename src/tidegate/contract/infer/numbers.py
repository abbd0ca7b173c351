"""Ranges as a person would say them: what a name promises, else the sample's ends with room around them."""

from __future__ import annotations

import math
import re
from decimal import Decimal

INTEGERS = {"pl.Int16": 2**15 - 1, "pl.Int32": 2**31 - 1}
_PROMISED: tuple[tuple[str, float, float], ...] = (
    (r"(^|_)(lat|latitude)$", -90, 90),
    (r"(^|_)(lon|lng|longitude)$", -180, 180),
    (r"(^|_)(month|monat)$", 1, 12),
    (r"(^|_)(day|tag|day_of_month)$", 1, 31),
    (r"(^|_)(hour|stunde)$", 0, 23),
    (r"(^|_)(minute|second)$", 0, 59),
    (r"(^|_)(year|jahr)$", 1900, 2100),
    (r"(^|_)(percent|percentage|pct|share|humid|humidity)$", 0, 100),
)
_MONEY = re.compile(
    r"(^|_)(price|preis|amount|betrag|total|summe|cost|kosten|fee|tax|net|gross|netto|brutto|balance|saldo|salary"
    r"|revenue|umsatz|discount|eur|usd|gbp|euro|dollar|charge|paid|payment|fare|toll_amount|tip|extended_?price)(_|$)"
)
_LIMITS = (1, 10, 12, 24, 31, 60, 90, 100, 180, 360, 366, 1000, 2400, 9999, 10000)
_SEEN_ONLY = re.compile(r"(^|_)(id|key|number|no|nr|code|zip|plz)(_|$)|id$")
MOST_MONEY_DIGITS = 4
LEAST_ROWS = 20  # fewer say nothing of a range
LEAST_TO_NARROW = 100


def is_money(name: str) -> bool:
    """Whether a column of this name counts money."""
    return bool(_MONEY.search(name.lower()))


def range_of(name: str, low: float, high: float) -> tuple[dict[str, str], str]:
    """Rules for a column of numbers, and what to say of them."""
    for called, least, most in _PROMISED:
        if re.search(called, name.lower()) and least <= low and high <= most:
            return {"ge": _said(least), "le": _said(most)}, ""
    seen = f"{_shown(low)} to {_shown(high)} in the sample"
    if _SEEN_ONLY.search(name.lower()):
        return ({"ge": "1"} if low >= 1 else {"ge": "0"} if low >= 0 else {}), ""
    least = 0.0 if low >= 0 else -round_up(-low)
    most = 0.0 if high <= 0 else round_up(high)
    if not (math.isfinite(least) and math.isfinite(most)):
        return {}, ""
    return {"ge": _said(least), "le": _said(most)}, f"guess: {seen}"


def round_up(value: float) -> float:
    """A round number that leaves a quarter as much room again; the value, where it is a limit itself."""
    if value in _LIMITS:
        return value
    wanted = value * 1.25
    power = 10.0 ** math.floor(math.log10(wanted)) if wanted > 0 else 1.0
    for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10):
        if step * power >= wanted:
            return float(Decimal(repr(step)) * Decimal(repr(power)))
    return value


def integer_type(low: float, high: float) -> str:
    """The type that a person would take: the narrowest that holds both ends."""
    return next((name for name, most in INTEGERS.items() if -most <= low and high <= most), "int")


def _said(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _shown(value: float) -> str:
    return f"{int(value):,}" if value == int(value) and abs(value) < 1e15 else f"{value:.6g}"
