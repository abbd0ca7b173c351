"""What a model must beat: the base rate, and the rate within ranges of one feature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

RANGES = 24


def learn_baselines(feature: pl.Series, labels: pl.Series) -> dict[str, Any]:
    """Learn both baselines from training rows, in a form that a card can hold."""
    values, late = feature.to_numpy(), labels.to_numpy().astype(float)
    present = values[~np.isnan(values)]
    edges = (
        np.unique(np.quantile(present, np.linspace(0, 1, RANGES + 1)[1:-1])) if len(present) else np.array([])
    )
    place = np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="right"))
    base = float(late.mean())
    counts = np.bincount(place, minlength=len(edges) + 2)
    sums = np.bincount(place, late, minlength=len(edges) + 2)
    rates = np.where(counts > 0, sums / np.maximum(counts, 1), base)
    return {
        "base_rate": base,
        "feature": feature.name,
        "edges": edges.tolist(),
        "rates": rates[:-1].tolist(),
        "missing": float(rates[-1]),
    }


def base_rate(learnt: dict[str, Any], rows: int) -> NDArray[np.float64]:
    """The same chance for every row."""
    return np.full(rows, learnt["base_rate"])


def one_feature(learnt: dict[str, Any], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rate of the range that each value falls into."""
    rates = np.append(learnt["rates"], learnt["missing"])
    edges = np.asarray(learnt["edges"], dtype=float)
    place = np.where(np.isnan(values), len(rates) - 1, np.searchsorted(edges, values, side="right"))
    chances: NDArray[np.float64] = rates[place]
    return chances
