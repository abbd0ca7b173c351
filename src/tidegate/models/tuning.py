"""Try a few ways of fitting by cross-validation in time, within the training job, and choose one.

Rolling origin: each fold learns from what came before it, less the embargo, and is judged on what came next,
as the model itself will be. The same seed tries the same ways in the same order; the first of equals wins.
"""

from __future__ import annotations

from math import prod
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np

from tidegate.models.export import chances_of
from tidegate.models.scores import score

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidegate.models.declare import Model, Tune
    from tidegate.models.lesson import Lesson

    Parameters = Mapping[str, Any]
    Fold = tuple[Lesson, Lesson]  # what is learned from, what is judged


def tune(model: Model, lesson: Lesson, seed: int) -> tuple[Parameters, dict[str, Any]]:
    """The parameters to fit with, and what was tried, for the card; nothing where nothing is declared.

    Raises:
        Refused: a fold has rows of one kind only.
    """
    if model.tune is None:
        return {}, {}
    folds = _folds(lesson, model)
    tried = [_tried(model, folds, parameters, seed) for parameters in ways(model.tune, seed)]
    best = min(tried, key=lambda one: float(one["log_loss"]))
    told = {"folds": [_told(*fold) for fold in folds], "tried": tried, "chosen": best["parameters"]}
    return best["parameters"], told


def ways(declared: Tune, seed: int) -> list[Parameters]:
    """The ways to try: the default first (the first value of each), then others, drawn without repetition."""
    sizes = [len(values) for values in declared.space.values()]
    others = prod(sizes) - 1
    drawn = np.random.default_rng(seed).choice(others, min(others, declared.tries - 1), replace=False) + 1
    return [_way(declared, int(number)) for number in (0, *drawn)]


def _way(declared: Tune, number: int) -> Parameters:
    """The number's digits, each in the base of its parameter, choose the values."""
    found = {}
    for name, values in declared.space.items():
        number, place = divmod(number, len(values))
        found[name] = values[place]
    return found


def _folds(lesson: Lesson, model: Model) -> list[Fold]:
    count = model.tune.folds if model.tune else 0
    found = [lesson.cut(n / (count + 1), (n + 1) / (count + 1), model.embargo) for n in range(1, count + 1)]
    for part in (one for pair in found for one in pair):
        part.refuse_one_sided(f"a fold of the training rows of {model.name}")
    return found


def _tried(model: Model, folds: list[Fold], parameters: Parameters, seed: int) -> dict[str, Any]:
    """One way on every fold: its mean scores, and each fold's log loss, by which it is chosen."""
    found = []
    for learned, judged in folds:
        fitted = model.fit(learned.features, learned.labels, seed, **parameters)
        found.append(score(judged.labels.to_numpy().astype(float), chances_of(fitted, judged.features)))
    return {
        "parameters": dict(parameters),
        "log_loss": fmean(one.log_loss for one in found),
        "auc": fmean(one.auc for one in found),
        "brier": fmean(one.brier for one in found),
        "log_loss_by_fold": [one.log_loss for one in found],
    }


def _told(learned: Lesson, judged: Lesson) -> dict[str, Any]:
    return {
        "learned": len(learned),
        "judged": len(judged),
        "from": str(judged.times.min()),
        "to": str(judged.times.max()),
    }
