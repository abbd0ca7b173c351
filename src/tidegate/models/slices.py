"""How good predictions are within each part of the rows: a carrier, an airport; and how sure that is.

Of many slices one looks bad by chance alone. The interval of each is therefore as wide as the number of
comparisons asks for (Bonferroni): that a good model has any slice wholly below its floor happens in at most
one evaluation of twenty, however many slices there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from tidegate.models.scores import Ranked, draws_of

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

CHANCE = 0.05  # of refusing a good model for any of its slices
LEAST_OF_A_LABEL = 20
LEAST_BLOCKS = 5
MOST_VALUES = 50  # of one column: its largest


@dataclass(frozen=True)
class Interval:
    """A value, and where it surely lies with all comparisons of the evaluation in mind."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Slice:
    """One part of the held-out rows."""

    column: str
    value: str
    rows: int
    rate: float
    score: float  # the mean chance that was given
    auc: Interval | None  # none: too few rows to judge it by
    over_champion: Interval | None


@dataclass(frozen=True)
class Answers:
    """What was said of the same rows: by the challenger, by the champion if there is one, and by time."""

    labels: Vector
    chances: Vector
    theirs: Vector | None
    blocks: NDArray[np.int64]

    def of(self, kept: NDArray[np.bool_]) -> Answers:
        """The same of some of the rows."""
        theirs = None if self.theirs is None else self.theirs[kept]
        return Answers(self.labels[kept], self.chances[kept], theirs, self.blocks[kept])

    def is_enough(self, least_rows: int) -> bool:
        """Whether a slice can be judged by these rows."""
        with_label = int(self.labels.sum())
        fewest = min(with_label, len(self.labels) - with_label)
        return (
            len(self.labels) >= least_rows
            and fewest >= LEAST_OF_A_LABEL
            and len(np.unique(self.blocks)) >= LEAST_BLOCKS
        )


def slices(
    columns: tuple[str, ...], rows: pl.DataFrame, said: Answers, least_rows: int, seed: int
) -> list[Slice]:
    """Each value of each column, the largest first."""
    parts = [(name, value, kept) for name in columns for value, kept in _parts(rows[name])]
    judged = sum(said.of(kept).is_enough(least_rows) for _, _, kept in parts)
    comparisons = max(judged * (1 if said.theirs is None else 2), 1)
    found = []
    for name, value, kept in parts:
        part, auc, over = said.of(kept), None, None
        if part.is_enough(least_rows):
            auc, over = _intervals(part, seed, CHANCE / comparisons)
        rate, mean = float(part.labels.mean()), float(part.chances.mean())
        found.append(Slice(name, value, len(part.labels), rate, mean, auc, over))
    return found


def _parts(column: pl.Series) -> list[tuple[str, NDArray[np.bool_]]]:
    counted = column.alias("value").drop_nulls().value_counts()
    largest = counted.sort(["count", "value"], descending=[True, False])["value"][:MOST_VALUES]
    return [(str(value), (column == value).fill_null(False).to_numpy()) for value in largest]


def _intervals(said: Answers, seed: int, chance: float) -> tuple[Interval, Interval | None]:
    """By resampling whole days, with Student's quantile: days are few."""
    mine = Ranked(said.labels, said.chances)
    theirs = None if said.theirs is None else Ranked(said.labels, said.theirs)
    days = len(np.unique(said.blocks))
    reach = _student(1 - chance, days - 1)
    seen = [
        (mine.auc(weights), np.nan if theirs is None else theirs.auc(weights))
        for weights in draws_of(said.blocks, seed)
    ]
    drawn, other = np.array(seen).T

    def interval(value: float, values: Vector) -> Interval:
        spread = reach * float(np.nanstd(values)) * (days / (days - 1)) ** 0.5
        return Interval(value, value - spread, value + spread)

    if theirs is None:
        return interval(mine.auc(), drawn), None
    return interval(mine.auc(), drawn), interval(mine.auc() - theirs.auc(), drawn - other)


def _student(share: float, freedom: int) -> float:
    """Student's quantile, from the normal one (Abramowitz and Stegun, 26.7.5)."""
    z = NormalDist().inv_cdf(share)
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )
