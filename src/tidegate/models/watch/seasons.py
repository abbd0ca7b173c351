"""What training saw at such a time: its rows, weighted so that hours, weekends and months are the window's.

An ordinary weekend or July is then no drift, as far as training has seen one. A part of the window's time of
which training saw too little is compared with a wider part: the same hour of such days in any month, then the
same hour, then everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]

LEAST_ROWS = 30  # of training in one part of the time, for it to be compared with
LEAST_DAYS = 14  # of training in a month, for the month to count as seen: all weekdays, more than once
SATURDAY = 6
_SIZES = (13 * 48, 48, 24, 1)  # how many numbers name a part of each kind


@dataclass(frozen=True)
class Times:
    """When rows were, on the clock of the people who make them."""

    parts: tuple[Whole, ...]  # for each row: month, weekend and hour; weekend and hour; hour; nothing
    days: Whole  # since 1970
    months: Whole  # since the year 0

    @classmethod
    def of(cls, moments: pl.Series, zone: str) -> Times:
        """The times of these moments."""
        local = moments.dt.convert_time_zone(zone).dt
        hour, month = (_whole(part) for part in (local.hour(), local.month()))
        weekend = (_whole(local.weekday()) >= SATURDAY).astype(np.int64)
        days_hour = weekend * 24 + hour
        parts = (month * 48 + days_hour, days_hour, hour, np.zeros_like(hour))
        return cls(parts, _whole(local.date().to_physical()), _whole(local.year()) * 12 + month)

    def where(self, mask: NDArray[np.bool_]) -> Times:
        """The times of some of the rows."""
        return Times(tuple(part[mask] for part in self.parts), self.days[mask], self.months[mask])


def weights(now: Times, before: Times, usable: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    """A weight for each row of training, their sum 1, and the share of now's rows whose month it had."""
    counts = [
        np.bincount(then[usable], minlength=size) for then, size in zip(before.parts, _SIZES, strict=True)
    ]
    counts[0] = counts[0] * _seen(before, usable)
    made, own = np.zeros(len(usable)), 0.0
    left = np.ones(len(now.days), dtype=bool)
    for level, (then, part, count) in enumerate(zip(before.parts, now.parts, counts, strict=True)):
        widest = level == len(_SIZES) - 1
        enough = left if widest else left & (count[part] >= LEAST_ROWS)
        asked = np.bincount(part[enough], minlength=len(count))
        made += (asked / np.maximum(count, 1))[then] * usable
        own = own if level else float(enough.mean())
        left = left & ~enough
    return made / max(made.sum(), 1e-12), own


def _seen(before: Times, usable: NDArray[np.bool_]) -> Whole:
    """Which parts of the time lie in a month of which training has enough days."""
    _, first = np.unique(before.days[usable], return_index=True)
    days = np.bincount((before.parts[0][usable] // 48)[first], minlength=13)
    enough = days >= LEAST_DAYS
    return enough[np.arange(_SIZES[0]) // 48].astype(np.int64)


def _whole(series: pl.Series) -> Whole:
    return series.cast(pl.Int64).to_numpy()
