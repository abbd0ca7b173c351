"""What a model goes by: its loss without each feature, and how its chances follow the strongest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tidegate.models.scores import Ranked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tidegate.models.onnx_model import OnnxModel

    Matrix = NDArray[np.float32]

REPEATS = 10
ROWS = 2_000  # of the held-out rows: enough for a second digit, and a second or two of work
CURVE_ROWS = 300
MOST_CURVES = 4


@dataclass(frozen=True)
class Importance:
    """How much AUC is lost when a feature's values are dealt out anew among the rows (95 in 100)."""

    feature: str
    loss: float
    low: float
    high: float


@dataclass(frozen=True)
class Curve:
    """Partial dependence: the mean chance, were every row to have this value of the feature."""

    feature: str
    values: list[float]
    chances: list[float]


def importances(model: OnnxModel, rows: Matrix, labels: NDArray[np.float64], seed: int) -> list[Importance]:
    """Of each feature, the strongest first; each repeat draws rows of its own: the interval has both."""
    generator = np.random.default_rng(seed)
    losses: list[list[float]] = [[] for _ in model.features]
    for _ in range(REPEATS):
        drawn = generator.integers(0, len(rows), min(ROWS, len(rows)))
        matrix, truth = rows[drawn], labels[drawn]
        whole = Ranked(truth, model.scores(matrix)).auc()
        for place, seen in enumerate(losses):
            dealt = matrix.copy()
            dealt[:, place] = generator.permutation(dealt[:, place])
            seen.append(whole - Ranked(truth, model.scores(dealt)).auc())
    found = [_importance(name, np.array(seen)) for name, seen in zip(model.features, losses, strict=True)]
    return sorted(found, key=lambda one: (-one.loss, one.feature))


def curves(model: OnnxModel, rows: Matrix, names: Sequence[str], seed: int) -> list[Curve]:
    """How the mean chance follows the first few of `names`, at the deciles of their values."""
    drawn = rows[np.random.default_rng(seed).integers(0, len(rows), min(CURVE_ROWS, len(rows)))]
    return [_curve(model, rows, drawn, name) for name in names[:MOST_CURVES]]


def _importance(name: str, losses: NDArray[np.float64]) -> Importance:
    middle, reach = float(np.nanmean(losses)), 1.96 * float(np.nanstd(losses))
    return Importance(name, middle, middle - reach, middle + reach)


def _curve(model: OnnxModel, rows: Matrix, drawn: Matrix, name: str) -> Curve:
    place = model.features.index(name)
    present = rows[:, place][~np.isnan(rows[:, place])]
    if not len(present):
        return Curve(name, [], [])
    # a quantile that is a value: a code between two carriers is nobody's
    values = np.unique(np.quantile(present, np.linspace(0.05, 0.95, 10), method="nearest"))
    means = []
    for value in values:
        same = drawn.copy()
        same[:, place] = value
        means.append(float(model.scores(same).mean()))
    return Curve(name, [float(value) for value in values], means)
