"""Whether a window's features and scores look like training's at such times: tests, limits, verdicts.

Rows of one day are alike, and so are neighbouring days: the six thousand flights of a week saw one week's
weather. How much ordinary windows of the same length differ is therefore measured on training's own days, and
the window counts as so many independent rows as explain that (`effective`), which the tests' formulas take.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tidegate.models.watch import shapes, tails
from tidegate.models.watch.middles import Middles
from tidegate.models.watch.practice import Practice, between, degrees, independent, practice, together
from tidegate.models.watch.seasons import Times, weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tidegate.models.watch.shapes import Numbers

CHANCE = 0.01  # of any false alarm in one look, as far as practice shows what is ordinary
UNSEEN = 0.01  # the least share of values that training never had, where it could list them


@dataclass(frozen=True, kw_only=True)
class Floors:
    """Less than this is no drift, be it ever so certain."""

    psi: float = 0.1
    share: float = 0.05


@dataclass(frozen=True)
class Rows:
    """Features, the score among them, column by column, and when each row was."""

    times: Times
    columns: Mapping[str, Numbers]

    def __len__(self) -> int:
        return len(self.times.days)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One test of one feature."""

    feature: str
    test: str  # kolmogorov-smirnov, chi-square, middle, missing, outside
    value: float  # how different it is: PSI, standard deviations, or a share
    expected: float  # the share that training had at such times
    limit: float  # the least difference that matters
    chance: float  # of such a difference among ordinary windows
    effective: float  # rows
    further: bool  # than any window of training was
    drifted: bool = False


@dataclass(frozen=True)
class Judgement:
    """What a window came to."""

    tests: tuple[Finding, ...]
    own_month: float  # the share of its rows of which training saw the same month

    @property
    def drifted(self) -> tuple[Finding, ...]:
        """The tests that found something."""
        return tuple(test for test in self.tests if test.drifted)


@dataclass(frozen=True)
class _Beside:
    """A window, what it is compared with, and what ordinary windows came to."""

    baseline: Numbers
    rows: float
    practice: Sequence[Practice]
    degrees: int  # of freedom, for what is measured on practice

    def chance(self, difference: float, variance: float, *, lopsided: bool) -> float:
        """Of such a difference: Student's, where practice gave the variance without `between`'s surcharge."""
        t = difference / math.sqrt(variance)
        return tails.normal(t) if lopsided or not self.degrees else tails.student(t, self.degrees)


def judge(before: Rows, now: Rows, floors: Floors) -> Judgement:
    """Finding every feature that both sides have."""
    baseline, own_month = weights(now.times, before.times, np.ones(len(before), dtype=bool))
    span = len(np.unique(now.times.days))
    windows = practice(before.times, span, own_month=own_month >= 0.5)
    rows, free = together(len(now), independent(baseline)), degrees(before.times, span, len(windows))
    beside = _Beside(baseline, rows, windows, free)
    found: list[Finding] = []
    for name, values in before.columns.items():
        if name in now.columns:
            found += _Feature(name, values, floors).tests(now.columns[name], beside)
    return Judgement(tuple(holm(found)), own_month)


def holm(tests: Sequence[Finding]) -> list[Finding]:
    """Mark what drifted: certain enough among so many tests, large enough, and further than ever before.

    Holm's correction (1979) bounds the chance of any false alarm, whatever the features have to do with each
    other; one false alarm is enough to start a training, so that this is what must be bounded.
    """
    order = sorted(range(len(tests)), key=lambda at: tests[at].chance)
    marked = list(tests)
    for place, at in enumerate(order):
        one = tests[at]
        if one.chance > CHANCE / (len(tests) - place):
            break
        large = abs(one.value - one.expected) >= one.limit
        marked[at] = replace(one, drifted=large and one.further)
    return marked


class _Feature:
    """One feature of training, in bins."""

    def __init__(self, name: str, values: Numbers, floors: Floors) -> None:
        self._name, self._values, self._floors = name, values, floors
        self._scale = shapes.Scale.of(values)
        self._bins = self._scale.place(values)

    def tests(self, now: Numbers, beside: _Beside) -> list[Finding]:
        """Missing values, values outside what training saw, the shape of the others and their middle."""
        observed = np.bincount(self._scale.place(now), minlength=self._scale.bins + 1).astype(float)
        expected = self._counts(beside.baseline)
        pairs = [
            (self._counts(one.baseline), self._counts(one.window.astype(float))) for one in beside.practice
        ]
        found = [self._missing(expected, observed, pairs, beside), self._outside(now, beside)]
        if observed[:-1].sum() and expected[:-1].sum():
            found.append(self._shape(expected, observed, pairs, beside))
            found += self._middle(now, beside)
        return found

    def _counts(self, weight: Numbers) -> Numbers:
        return np.bincount(self._bins, weight, minlength=self._scale.bins + 1).astype(np.float64)

    def _shape(
        self,
        expected: Numbers,
        observed: Numbers,
        pairs: Sequence[tuple[Numbers, Numbers]],
        beside: _Beside,
    ) -> Finding:
        if self._scale.kinds:
            free = max(int((expected + observed > 0)[:-1].sum()) - 1, 1)
            luck, size, test = float(free), shapes.squared, "chi-square"
        else:
            free, luck, size, test = 0, tails.MEAN_SQUARE, shapes.furthest_squared, "kolmogorov-smirnov"
        ordinary = [size(then[:-1], window[:-1]) for then, window in pairs]
        beyond = [found - luck / one.rows for found, one in zip(ordinary, beside.practice, strict=True)]
        effective = luck / (luck / beside.rows + between(beyond))
        found = size(expected[:-1], observed[:-1])
        reached = effective * found
        return Finding(
            feature=self._name,
            test=test,
            value=shapes.psi(expected[:-1], observed[:-1]),
            expected=0.0,
            limit=self._floors.psi,
            chance=tails.chi_square(reached, free) if free else tails.kolmogorov(math.sqrt(reached)),
            effective=effective,
            further=found > max(ordinary, default=0.0),
        )

    def _middle(self, now: Numbers, beside: _Beside) -> list[Finding]:
        """None of kinds, and none where most ordinary middles stand still: how they differ is not known."""
        if self._scale.kinds:
            return []
        middles = Middles.of(self._values)
        moved = [middles.at(one.window.astype(float)) - middles.at(one.baseline) for one in beside.practice]
        ordinary = np.abs([by for by in moved if math.isfinite(by)])
        if not len(ordinary) or np.median(ordinary) == 0:
            return []
        deviation = middles.deviation(beside.baseline)
        by = Middles.of(now).at(np.ones(len(now))) - middles.at(beside.baseline)
        variance = float(np.mean(ordinary**2)) + deviation**2 / beside.rows
        finding = Finding(
            feature=self._name,
            test="middle",
            value=by / max(deviation, 1e-12),
            expected=0.0,
            limit=math.sqrt(self._floors.psi),  # normal shapes that lie d deviations apart have a PSI of d²
            chance=beside.chance(by, variance, lopsided=False),
            effective=deviation**2 / variance,
            further=abs(by) > float(ordinary.max()),
        )
        return [finding]

    def _missing(
        self,
        expected: Numbers,
        observed: Numbers,
        pairs: Sequence[tuple[Numbers, Numbers]],
        beside: _Beside,
    ) -> Finding:
        ordinary = [abs(_last(window) - _last(then)) for then, window in pairs]
        spread = float(np.mean(np.square(ordinary))) if ordinary else 0.0
        shares = (_last(observed), _last(expected))
        return self._share("missing", shares, spread, max(ordinary, default=0.0), self._floors.share, beside)

    def _outside(self, now: Numbers, beside: _Beside) -> Finding:
        """Ordinary windows have new values too: each is held against all the rest of training."""
        ordinary = self._scale.new(self._values, [one.window for one in beside.practice])
        shares = (float(self._scale.outside(now).mean()), float(np.mean(ordinary)) if ordinary else 0.0)
        limit = UNSEEN if len(self._scale.listed) else self._floors.share
        spread = between(list(np.square(ordinary)))
        return self._share("outside", shares, spread, max(ordinary, default=0.0), limit, beside)

    def _share(  # noqa: PLR0917 - a share beside its like
        self,
        test: str,
        shares: tuple[float, float],
        spread: float,
        furthest: float,
        limit: float,
        beside: _Beside,
    ) -> Finding:
        now, then = shares
        middle = (now + then) / 2 * (1 - (now + then) / 2)
        variance = max(middle / beside.rows + spread, 1e-12)
        return Finding(
            feature=self._name,
            test=test,
            value=now,
            expected=then,
            limit=limit,
            chance=beside.chance(now - then, variance, lopsided=test == "outside"),
            effective=middle / variance,
            further=(now if test == "outside" else abs(now - then)) > furthest,
        )


def _last(shape: Numbers) -> float:
    """The share of the last bin, which is that of missing values."""
    return float(shape[-1] / max(shape.sum(), 1e-12))
