"""A check as a person says it: `at least 1`, `one of EWR, JFK, LGA`."""

from __future__ import annotations

from typing import Any

_MANY = 12
_SAID = {
    "greater_than_or_equal_to": "at least {min_value}",
    "greater_than": "more than {min_value}",
    "less_than_or_equal_to": "at most {max_value}",
    "less_than": "less than {max_value}",
    "equal_to": "exactly {value}",
    "not_equal_to": "anything but {value}",
    "isin": "one of {allowed_values}",
    "notin": "none of {forbidden_values}",
    "str_matches": "matches {pattern}",
    "str_contains": "contains {pattern}",
    "str_startswith": "begins with {string}",
    "str_endswith": "ends with {string}",
}


def in_words(check: Any) -> str:
    """What a pandera check asks of a value or a row."""
    asks = {name: _shown(value) for name, value in (check.statistics or {}).items()}
    if check.name == "in_range":
        return f"{asks['min_value']} to {asks['max_value']}{_ends(check.statistics)}"
    if check.name == "str_length":
        return _length(check.statistics)
    if check.name in _SAID:
        return _SAID[check.name].format(**asks)
    words = check.description or check.error or check.name
    more = ", ".join(f"{name} {value}" for name, value in asks.items())
    return " ".join(str(words).split()) + (f" ({more})" if more else "")


def _ends(asks: dict[str, Any]) -> str:
    out = [
        word for word, name in (("least", "include_min"), ("most", "include_max")) if asks.get(name) is False
    ]
    return f", without the {' and the '.join(out)}" if out else ""


def _length(asks: dict[str, Any]) -> str:
    if asks.get("exact_value") is not None:
        return f"{asks['exact_value']} characters"
    least, most = asks.get("min_value"), asks.get("max_value")
    if least is None:
        return f"at most {most} characters"
    return f"at least {least} characters" if most is None else f"{least} to {most} characters"


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple | set | frozenset):
        ordered = sorted(value, key=str) if isinstance(value, set | frozenset) else list(value)
        more = f" and {len(ordered) - _MANY} more" if len(ordered) > _MANY else ""
        return ", ".join(map(str, ordered[:_MANY])) + more
    return str(getattr(value, "pattern", value))
