"""How good predictions turned out to be, once their labels have landed, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tidegate.models.calibration import calibration
from tidegate.models.scores import Ranked, draws_of, score

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tidegate.models.declare import Watch

    Vector = NDArray[np.float64]

LEAST_DAYS = 7  # rows of a day are alike: fewer days say little, however many rows they have
CERTAIN = (0.5, 99.5)  # percentiles of the resamples
DRAWS, SEED = 400, 7
_TINY = 1e-7


@dataclass(frozen=True, kw_only=True)
class Quality:
    """What the labels say; `found` names what is surely worse than it may be."""

    rows: int  # predictions with a label
    days: int
    note: str  # why nothing was judged, or nothing
    found: tuple[str, ...] = ()
    auc: float | None = None
    auc_interval: tuple[float, float] | None = None
    expected_auc: float | None = None  # on the rows that training held out
    log_loss: float | None = None
    base_rate_log_loss: float | None = None  # of saying the share of labels for every row
    rate: float | None = None
    mean_score: float | None = None
    bias_interval: tuple[float, float] | None = None  # of the mean score less the share of labels
    calibration_error: float | None = None


def quality(
    labels: Vector, scores: Vector, days: NDArray[np.int64], watch: Watch, expected: float
) -> Quality:
    """Judge predictions by their labels; `expected` is the AUC on the rows that training held out."""
    held = len(np.unique(days))
    if len(labels) < watch.least_labels or held < LEAST_DAYS or len(np.unique(labels)) < 2:
        note = (
            f"{len(labels)} predictions of {held} days have their label; {watch.least_labels} of "
            f"{LEAST_DAYS} days, with both outcomes, are needed"
        )
        return Quality(rows=len(labels), days=held, note=note)
    told, rate = score(labels, scores), float(labels.mean())
    auc, bias, loss = _intervals(labels, scores, days)
    worse = {
        "auc": auc[1] < expected - watch.tolerated_auc_loss,
        "log loss": loss[0] > 0,
        "calibration": max(bias[0], -bias[1]) > watch.tolerated_miscalibration,
    }
    return Quality(
        rows=len(labels),
        days=held,
        note="",
        found=tuple(name for name, surely in worse.items() if surely),
        auc=told.auc,
        auc_interval=auc,
        expected_auc=expected,
        log_loss=told.log_loss,
        base_rate_log_loss=score(labels, np.full(len(labels), rate)).log_loss,
        rate=rate,
        mean_score=float(scores.mean()),
        bias_interval=bias,
        calibration_error=calibration(labels, scores, days, SEED).error,
    )


def _intervals(labels: Vector, scores: Vector, days: NDArray[np.int64]) -> list[tuple[float, float]]:
    """Of the AUC, of the mean score less the share of labels, and of the log loss beyond the base rate's."""
    ranked = Ranked(labels, scores)
    losses = _losses(labels, scores)
    drawn = []
    for weights in draws_of(days, SEED, DRAWS):
        rate = float(np.average(labels, weights=weights))
        base = float(np.average(_losses(labels, np.full(len(labels), rate)), weights=weights))
        drawn.append(
            (
                ranked.auc(weights),
                float(np.average(scores, weights=weights)) - rate,
                float(np.average(losses, weights=weights)) - base,
            )
        )
    ends = np.nanpercentile(np.array(drawn), CERTAIN, axis=0)
    return [(float(low), float(high)) for low, high in ends.T]


def _losses(labels: Vector, scores: Vector) -> Vector:
    clipped = np.clip(scores, _TINY, 1 - _TINY)
    losses: Vector = -(labels * np.log(clipped) + (1 - labels) * np.log(1 - clipped))
    return losses
