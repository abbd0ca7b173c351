"""How good predictions are: AUC, log loss and Brier score, and how sure we are of a difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Scores:
    """The three scores of one set of predictions on the same rows."""

    auc: float
    log_loss: float
    brier: float


@dataclass(frozen=True)
class Difference:
    """How much higher one AUC is than another, and the interval of 95 in 100 resampled differences."""

    auc: float
    low: float
    high: float
    draws: int


def score(labels: NDArray[np.float64], chances: NDArray[np.float64]) -> Scores:
    """The scores of `chances` against labels of 0 and 1."""
    clipped = np.clip(chances, 1e-7, 1 - 1e-7)
    loss = -np.mean(labels * np.log(clipped) + (1 - labels) * np.log(1 - clipped))
    return Scores(Ranked(labels, chances).auc(), float(loss), float(np.mean((chances - labels) ** 2)))


def difference(
    labels: NDArray[np.float64],
    chances: NDArray[np.float64],
    others: NDArray[np.float64],
    *,
    blocks: NDArray[np.int64],
    seed: int,
    draws: int = 300,
) -> Difference:
    """The AUC of `chances` less that of `others`, resampled by whole blocks.

    Rows of one block (a day, say) are alike: resampling single rows would make the interval too narrow.
    """
    mine, other = Ranked(labels, chances), Ranked(labels, others)
    seen = [mine.auc(weights) - other.auc(weights) for weights in draws_of(blocks, seed, draws)]
    low, high = np.nanpercentile(seen, [2.5, 97.5]) if not np.isnan(seen).all() else (-1.0, 1.0)
    return Difference(mine.auc() - other.auc(), float(low), float(high), draws)


def draws_of(blocks: NDArray[np.int64], seed: int, draws: int = 300) -> Iterator[NDArray[np.float64]]:
    """The weight of each row in resamples of whole blocks, drawn with replacement."""
    _, block = np.unique(blocks, return_inverse=True)
    count = int(block.max()) + 1
    generator = np.random.default_rng(seed)
    for _ in range(draws):
        yield np.bincount(generator.integers(0, count, count), minlength=count)[block].astype(float)


class Ranked:
    """Predictions sorted once, so that many weighted AUCs cost one pass each."""

    def __init__(self, labels: NDArray[np.float64], chances: NDArray[np.float64]) -> None:
        _, self._rank = np.unique(chances, return_inverse=True)
        self._labels = labels

    def auc(self, weights: NDArray[np.float64] | None = None) -> float:
        """The chance that a row with the label scores above one without; ties count half (Mann-Whitney)."""
        weight = np.ones_like(self._labels) if weights is None else weights
        with_label = np.bincount(self._rank, weight * self._labels)
        without = np.bincount(self._rank, weight * (1 - self._labels))
        pairs = with_label.sum() * without.sum()
        below = np.cumsum(without) - without / 2
        return float((with_label * below).sum() / pairs) if pairs else float("nan")
