"""What a tuning tries next.

Bayesian search models the objective over the axes by a Gaussian process, and tries where the expected
improvement over the best so far is largest; what still runs counts as what the model expects of it.
https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-how-it-works.html
"""

from __future__ import annotations

import itertools
import math
import warnings
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy

from infra.local.sagemaker.faults import invalid, not_implemented
from infra.local.sagemaker.tuning.ranges import Axis, Category, axes

if TYPE_CHECKING:
    from infra.local.sagemaker.store import Record

Place = tuple[float, ...]  # one number from 0 to 1 for each axis
FIRST = 4  # tries at random before there is something to learn from
CANDIDATES = 500
NEIGHBOURS = 100


class Search(ABC):
    """Chooses places; `results` are those that came to something, larger being better."""

    def __init__(self, axes: list[Axis]) -> None:
        self.axes = axes

    @abstractmethod
    def next(self, results: list[tuple[Place, float]], pending: list[Place]) -> Place:
        """Where to try next."""

    def values(self, place: Place) -> dict[str, str]:
        """The hyperparameters at a place."""
        return {axis.name: axis.at(at) for axis, at in zip(self.axes, place, strict=True)}


class RandomSearch(Search):
    """Anywhere."""

    def __init__(self, axes: list[Axis], seed: int | None) -> None:
        super().__init__(axes)
        self._random = numpy.random.default_rng(seed)

    def next(self, results: list[tuple[Place, float]], pending: list[Place]) -> Place:  # noqa: ARG002
        """A place drawn evenly."""
        return tuple(self._random.random(len(self.axes)).tolist())


class GridSearch(Search):
    """Every combination of categories, once."""

    def __init__(self, axes: list[Axis]) -> None:
        super().__init__(axes)
        if not all(isinstance(axis, Category) for axis in axes):
            raise invalid("Grid search is for categorical hyperparameters alone")
        parts = [len(axis.values) for axis in axes if isinstance(axis, Category)]
        self.size = math.prod(parts)
        spots = [[(part + 0.5) / whole for part in range(whole)] for whole in parts]
        self._rest = itertools.product(*spots)

    def next(self, results: list[tuple[Place, float]], pending: list[Place]) -> Place:  # noqa: ARG002
        """The next combination."""
        return next(self._rest)


class BayesianSearch(RandomSearch):
    """Where most is to be expected."""

    def next(self, results: list[tuple[Place, float]], pending: list[Place]) -> Place:
        """The candidate with the largest expected improvement; at random until a few results are there."""
        if len(results) < FIRST:
            return super().next(results, pending)
        model, best = self._learn(results, pending)
        best_place = max(results, key=lambda result: result[1])[0]
        wide = self._random.random((CANDIDATES, len(self.axes)))
        near = self._random.normal(best_place, 0.05, (NEIGHBOURS, len(self.axes))).clip(0, 1)
        candidates = numpy.vstack([wide, near])
        mean, deviation = model.predict(self._snapped(candidates), return_std=True)
        chosen = candidates[int(numpy.argmax(_improvement(mean, deviation, best)))]
        return tuple(chosen.tolist())

    def _learn(self, results: list[tuple[Place, float]], pending: list[Place]) -> tuple[Any, float]:
        """A model of the results, and the best of them on its scale."""
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

        seed = int(self._random.integers(2**31))
        scales = numpy.ones(len(self.axes))
        kernel = ConstantKernel() * Matern(scales, nu=2.5) + WhiteKernel(1e-3, (1e-6, 1.0))
        model = GaussianProcessRegressor(kernel, normalize_y=True, n_restarts_optimizer=1, random_state=seed)
        places = self._snapped(numpy.array([place for place, _ in results]))
        values = numpy.array([value for _, value in results])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a length that lies at its bound is no news
            model.fit(places, values)
            if pending:
                running = self._snapped(numpy.array(pending))
                places = numpy.vstack([places, running])
                model.fit(places, numpy.concatenate([values, model.predict(running)]))
        return model, float(values.max())

    def _snapped(self, places: Any) -> Any:
        """Places at the middle of their category, so that equal words are equal to the model."""
        snapped = places.copy()
        for column, axis in enumerate(self.axes):
            if isinstance(axis, Category):
                parts = len(axis.values)
                inside = numpy.minimum((places[:, column] * parts).astype(int), parts - 1)
                snapped[:, column] = (inside + 0.5) / parts
        return snapped


def _improvement(mean: Any, deviation: Any, best: float) -> Any:
    """Expected improvement of a normal distribution over `best`."""
    from scipy.stats import norm

    spread = numpy.maximum(deviation, 1e-12)
    distance = (mean - best) / spread
    return spread * (distance * norm.cdf(distance) + norm.pdf(distance))


def search(config: Record) -> Search:
    """The search that a tuning's configuration asks for.

    Raises:
        ApiError: its ranges are none, or its strategy is not done here.
    """
    strategy, seed = config["Strategy"], config.get("RandomSeed")
    found = axes(config.get("ParameterRanges", {}))
    if strategy == "Grid":
        return GridSearch(found)
    if strategy == "Random":
        return RandomSearch(found, seed)
    if strategy == "Bayesian":
        return BayesianSearch(found, seed)
    raise not_implemented(f"The strategy {strategy} (Bayesian, with TrainingJobEarlyStoppingType Auto)")
