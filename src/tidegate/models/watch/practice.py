"""Windows of training's own days, each beside the rest of training: how much ordinary windows differ."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tidegate.models.watch.seasons import weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tidegate.models.watch.seasons import Times
    from tidegate.models.watch.shapes import Numbers

WINDOWS = 30


@dataclass(frozen=True)
class Practice:
    """One window of training, and the weights of the rows that it is compared with."""

    window: NDArray[np.bool_]
    baseline: Numbers

    @cached_property
    def rows(self) -> float:
        """How many rows of one sample say as much as the two together."""
        return together(float(self.window.sum()), independent(self.baseline))


def practice(before: Times, span: int, *, own_month: bool) -> list[Practice]:
    """Up to thirty windows of `span` days, evenly spread.

    Args:
        before: when training's rows were.
        span: how many days the judged window has; a third of training's at most.
        own_month: whether training saw the judged window's month. Where it did not, a window of training is
            compared with other months than its own too: what months differ by is then no drift.
    """
    days = np.unique(before.days)
    span = max(1, min(span, len(days) // 3))
    found = []
    for start in np.unique(np.linspace(0, max(len(days) - span, 0), WINDOWS).astype(int)):
        window = (before.days >= days[start]) & (before.days <= days[start + span - 1])
        usable = ~window if own_month else ~np.isin(before.months, np.unique(before.months[window]))
        if usable.any():
            found.append(Practice(window, weights(before.where(window), before, usable)[0]))
    return found


def degrees(before: Times, span: int, windows: int) -> int:
    """How many of the windows do not overlap, and tell as much as each its own."""
    days = len(np.unique(before.days))
    return min(windows, days // max(1, min(span, days // 3)))


def independent(weight: Numbers) -> float:
    """How many rows of equal weight say as much (Kish, Survey Sampling, 1965)."""
    return float(weight.sum() ** 2 / max((weight**2).sum(), 1e-300))


def together(one: float, other: float) -> float:
    """The size that a comparison of two samples has: their harmonic half."""
    return one * other / max(one + other, 1e-12)


def between(found: Sequence[float]) -> float:
    """How much windows differ beyond luck: the mean and, for differences are lopsided, one deviation more."""
    return max(float(np.mean(found) + np.std(found)), 0.0) if len(found) else 0.0
