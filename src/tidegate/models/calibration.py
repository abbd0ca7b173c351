"""Whether chances come true: of the flights that were given 30 in 100, are 30 in 100 late?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tidegate.models.scores import draws_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

BINS = 10


@dataclass(frozen=True)
class Bin:
    """Rows of like chances: what was said of them on average, and what came true."""

    rows: int
    score: float
    rate: float


@dataclass(frozen=True)
class Calibration:
    """The expected calibration error with its interval, and what the Brier score is made of.

    Brier = reliability - resolution + uncertainty + within (Murphy 1973; `within`: what the bins round off).
    """

    error: float
    low: float
    high: float
    reliability: float
    resolution: float
    uncertainty: float
    within: float
    bins: list[Bin]


def calibration(labels: Vector, chances: Vector, blocks: NDArray[np.int64], seed: int) -> Calibration:
    """Measured on ten bins of equally many rows; the interval is of 95 in 100, by resampling whole days."""
    bins = _bins(chances)
    rows, score, rate = _means(bins, labels, chances, np.ones_like(labels))
    share = rows / rows.sum()
    error = float((share * np.abs(score - rate)).sum())
    drawn = []
    for weights in draws_of(blocks, seed):
        count, said, came = _means(bins, labels, chances, weights)
        drawn.append(float((count / count.sum() * np.abs(said - came)).sum()))
    # A resample's error is larger than the sample's as the sample's is than the truth: hence mirrored.
    low, high = (max(0.0, 2 * error - float(end)) for end in np.percentile(drawn, [97.5, 2.5]))
    overall = float(labels.mean())
    reliability = float((share * (score - rate) ** 2).sum())
    resolution = float((share * (rate - overall) ** 2).sum())
    uncertainty = overall * (1 - overall)
    brier = float(np.mean((chances - labels) ** 2))
    return Calibration(
        error,
        low,
        high,
        reliability,
        resolution,
        uncertainty,
        brier - (reliability - resolution + uncertainty),
        [Bin(int(n), float(s), float(r)) for n, s, r in zip(rows, score, rate, strict=True)],
    )


def _bins(chances: Vector) -> NDArray[np.int64]:
    """The bin of each row; rows of the same chance are in the same one."""
    edges = np.unique(np.quantile(chances, np.linspace(0, 1, BINS + 1)[1:-1]))
    _, place = np.unique(np.searchsorted(edges, chances, side="right"), return_inverse=True)
    return place.astype(np.int64)


def _means(
    bins: NDArray[np.int64], labels: Vector, chances: Vector, weights: Vector
) -> tuple[Vector, Vector, Vector]:
    rows: Vector = np.bincount(bins, weights).astype(np.float64)
    safe = np.maximum(rows, 1e-12)
    return rows, np.bincount(bins, weights * chances) / safe, np.bincount(bins, weights * labels) / safe
