"""Where a table begins among the first records of a file: lines that say something else, a header or none."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_VALUE = re.compile(
    r"[-+]?[0-9][0-9.,' ]*[%€$£]?|[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}([T ][0-9:.]+(Z|[+-][0-9:]+)?)?"
    r"|true|false|[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Start:
    """Where the table begins."""

    skip: int  # records before it
    width: int  # its columns
    has_header: bool
    share: float  # of the records behind its start that are as wide


def start_of(records: Sequence[Sequence[str]]) -> Start:
    """Look at the first records; each is its cells."""
    filled = [record for record in records if any(cell.strip() for cell in record)]
    if not filled:
        return Start(0, 0, has_header=True, share=0.0)
    width = _width(filled)
    at = next(
        (place for place, record in enumerate(records) if len(record) == width and _is_full(record)),
        next((place for place, record in enumerate(records) if len(record) == width), 0),
    )
    rest = [record for record in records[at:] if any(cell.strip() for cell in record)]
    share = sum(len(record) == width for record in rest) / max(len(rest), 1)
    return Start(at, width, has_header=_is_header(records[at], records[at + 1 :]), share=share)


def _width(records: Sequence[Sequence[str]]) -> int:
    """How wide most records are; of two as frequent, the wider."""
    counted = Counter(map(len, records))
    return max(counted, key=lambda width: (counted[width], width))


def _is_full(record: Sequence[str]) -> bool:
    return sum(bool(cell.strip()) for cell in record) * 2 > len(record)


def _is_header(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Names, and no values: few are a number or a day, and few comes again below itself."""
    names = [cell.strip() for cell in first]
    values = sum(bool(_VALUE.fullmatch(name)) for name in names)
    if values * 2 >= len(names) or (values and len(set(names)) < len(names)):  # a column may be called 2013
        return False
    again = sum(
        1
        for at, name in enumerate(names)
        if name and any(len(record) > at and record[at].strip() == name for record in rest)
    )
    return again == 0 or again * 2 < len(names)
