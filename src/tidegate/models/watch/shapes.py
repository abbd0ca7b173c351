"""The shape of one feature: values in bins, and how far two shapes are apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

MOST_KINDS = 30  # a feature of whole numbers and no more of them is a list of kinds, not a scale
MOST_LISTED = 1000  # of whole numbers: each of them is known, and another one is outside
BINS = 20
MARGIN = 0.1  # of training's range: a record is broken now and then, and by little
_LEAST_SHARE = 1e-4  # keeps an empty bin from being infinitely surprising


@dataclass(frozen=True)
class Scale:
    """The bins that training's values lie in; what is missing has the last one."""

    kinds: bool  # a bin for each value; else twenty ranges of equally many values
    marks: Numbers  # the kinds, or the ranges' borders
    listed: Numbers  # every value that training had, where they are whole numbers and few
    least: float
    most: float

    @classmethod
    def of(cls, values: Numbers) -> Scale:
        """The bins of one feature as training saw it."""
        present = values[np.isfinite(values)]
        if not len(present):
            return cls(True, np.array([]), np.array([]), np.inf, -np.inf)
        found = np.unique(present)
        whole = len(found) <= MOST_LISTED and bool((found == np.round(found)).all())
        kinds = whole and len(found) <= MOST_KINDS
        marks = found if kinds else np.unique(np.quantile(present, np.arange(1, BINS) / BINS))
        return cls(kinds, marks, found if whole else np.array([]), float(found[0]), float(found[-1]))

    @property
    def bins(self) -> int:
        """How many bins there are, without that of missing values."""
        return len(self.marks) + 1

    def place(self, values: Numbers) -> NDArray[np.int64]:
        """The bin of each value; a kind that training did not have is in a bin of its own."""
        if self.kinds:
            at = np.searchsorted(self.marks, values)
            known = at < len(self.marks)
            known[known] = self.marks[at[known]] == values[known]
            at = np.where(known, at, len(self.marks))
        else:
            at = np.searchsorted(self.marks, values, side="right")
        return np.where(np.isfinite(values), at, self.bins)

    def outside(self, values: Numbers) -> NDArray[np.bool_]:
        """The values that training never had, or that lie well beyond all that it had."""
        present = np.isfinite(values)
        if len(self.listed):
            at = np.minimum(np.searchsorted(self.listed, values), len(self.listed) - 1)
            new: NDArray[np.bool_] = present & (self.listed[at] != values)
            return new
        return present & _beyond(values, self.least, self.most)

    def new(self, values: Numbers, windows: Sequence[NDArray[np.bool_]]) -> list[float]:
        """For each window of training, the share of its values that the rest of training did not have."""
        present = np.isfinite(values)
        at = np.minimum(np.searchsorted(self.listed, values), max(len(self.listed) - 1, 0))
        return [float(self._new(values, present, at, window).sum() / window.sum()) for window in windows]

    def _new(
        self, values: Numbers, present: NDArray[np.bool_], at: NDArray[np.int64], window: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        inside, rest = window & present, ~window & present
        if len(self.listed):
            known = np.bincount(at[rest], minlength=len(self.listed)) > 0
            return inside & ~known[at]
        least, most = values[rest].min(initial=np.inf), values[rest].max(initial=-np.inf)
        return inside & _beyond(values, float(least), float(most))


def psi(expected: Numbers, observed: Numbers) -> float:
    """The population stability index, Σ (o - e)·ln(o / e) over shares, of at most ten bins.

    The index is Kullback and Leibler's divergence both ways; 0.1 and 0.25 are the customary marks (Lewis,
    An Introduction to Credit Scoring, 1994).
    """
    e, o = (
        np.maximum(_tenths(shape) / max(shape.sum(), 1e-12), _LEAST_SHARE) for shape in (expected, observed)
    )
    return float(((o - e) * np.log(o / e)).sum())


def furthest_squared(expected: Numbers, observed: Numbers) -> float:
    """The square of Kolmogorov and Smirnov's D at the bins' borders; between them it may be more."""
    e, o = (np.cumsum(shape) / max(shape.sum(), 1e-12) for shape in (expected, observed))
    return float(np.abs(e - o).max() ** 2)


def squared(expected: Numbers, observed: Numbers) -> float:
    """Pearson's chi-square for each row: Σ (o - e)² / e over shares."""
    e, o = (shape / max(shape.sum(), 1e-12) for shape in (expected, observed))
    return float(((o - e) ** 2 / np.maximum(e, _LEAST_SHARE)).sum())


def _beyond(values: Numbers, least: float, most: float) -> NDArray[np.bool_]:
    margin = MARGIN * (most - least) if most >= least else 0.0
    return (values < least - margin) | (values > most + margin)


def _tenths(shape: Numbers) -> Numbers:
    """Neighbouring bins of a scale of twenty two by two; kinds as they are."""
    return np.add.reduceat(shape, np.arange(0, len(shape), 2)) if len(shape) == BINS else shape
