"""JSON read strictly, by the standard library: every number keeps the text that it was written with.

The library reads well and quickly, and is too kind in four places, which are closed here: it takes `NaN`
and `Infinity`, lets the last of two equal keys win, rounds numbers to what Python holds, and falls over
texts that are nested too deep. Numbers come out as bytes (`b"5.0"`), so that they cannot be taken for
strings; nothing is converted before the contract's type is known.
"""

from __future__ import annotations

import re
from json import JSONDecodeError, JSONDecoder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

DEPTH = 64  # how deep lists and objects may stand in each other; a row of a table needs one
_SPACE = " \t\r\n"  # RFC 8259, 2
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)


class BrokenJson(Exception):
    """The text is no JSON that can be taken as it is: the check that it breaks, and why in words."""

    def __init__(self, check: str, said: str) -> None:
        super().__init__(check, said)
        self.check, self.said = check, said


class Pairs(list[tuple[str, object]]):
    """An object's keys and values as they were written, none lost."""


def _constant(name: str) -> object:
    raise BrokenJson("json", f"{name} is no JSON value")


_kept: Callable[[str], Any] = str.encode
scan = JSONDecoder(parse_float=_kept, parse_int=_kept, parse_constant=_constant).raw_decode
_scan_pairs = JSONDecoder(
    parse_float=_kept, parse_int=_kept, parse_constant=_constant, object_pairs_hook=Pairs
).raw_decode


def parse_json(text: bytes) -> object:
    """One JSON text; objects come as `Pairs`, lists as lists, numbers as the bytes that stood there.

    Raises:
        BrokenJson: `encoding`, `too_deep`, `json`, or `duplicate_key`.
    """
    try:
        decoded = text.decode()
    except UnicodeDecodeError as error:
        raise BrokenJson("encoding", "it is no UTF-8 text") from error
    decoded = decoded.strip(_SPACE)
    if decoded.count("[") + decoded.count("{") > DEPTH and depth_of(decoded) > DEPTH:
        raise BrokenJson("too_deep", f"lists and objects stand more than {DEPTH} deep in each other")
    try:
        value, end = _scan_pairs(decoded)
    except JSONDecodeError as error:
        raise BrokenJson("json", f"{error.msg} at its character {error.pos + 1}") from error
    if end != len(decoded):
        raise BrokenJson("json", f"something follows its end, at character {end + 1}")
    refuse_repeated_keys(value)
    return value


def refuse_repeated_keys(value: object) -> None:
    """Raise BrokenJson where an object has a key twice, at any depth."""
    if isinstance(value, Pairs):
        keys = [key for key, _ in value]
        if len(set(keys)) < len(keys):
            twice = next(key for number, key in enumerate(keys) if key in keys[:number])
            raise BrokenJson("duplicate_key", f"the key {twice[:60]!r} stands in it twice")
        for _, inner in value:
            refuse_repeated_keys(inner)
    elif isinstance(value, list):
        for inner in value:
            refuse_repeated_keys(inner)


def depth_of(text: str) -> int:
    """How deep lists and objects stand in each other, strings left aside."""
    deepest = depth = 0
    for mark in re.findall(r"[][{}]", _STRING.sub("", text)):
        depth += 1 if mark in "[{" else -1
        deepest = max(deepest, depth)
    return deepest
