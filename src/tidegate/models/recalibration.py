"""Correct a model's chances by what came true lately, where that helps, as a few more operators of its graph.

The correction is learned from rows that its estimator did not see, the latest part of the training rows, and
put behind the estimator that learned from all (as scikit-learn's CalibratedClassifierCV does with
`ensemble=False`). Whether it helps is tried first, on rows of still later: the seasons of a year can make it
worse, and then it is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from tidegate.models.calibration import calibration
from tidegate.models.export import chances_of
from tidegate.models.scores import score

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tidegate.models.declare import Model
    from tidegate.models.lesson import Lesson

    Vector = NDArray[np.float64]

LEARNED, TRIED = 0.7, 0.85  # shares of the training rows, by time: estimator, correction, trial of it
KNOTS = 25
NARROWEST = 1e-3  # between two knots: a steeper line makes 32-bit rounding visible
NEAREST = 1e-4  # to 0 and 1: beyond, 32-bit floats hold too few digits of the log-odds


class Correction(Protocol):
    """A rule from chances to better ones, as numbers and as ONNX operators on a column `raw`."""

    def __call__(self, chances: Vector) -> Vector:
        """The corrected chances."""

    def operators(self) -> tuple[list[Any], list[Any]]:
        """Nodes from `raw` to `better`, and their constants."""


@dataclass(frozen=True)
class Platt:
    """A line through the log-odds (Platt 1999)."""

    slope: float
    shift: float

    def __call__(self, chances: Vector) -> Vector:
        """The corrected chances."""
        kept = np.clip(chances, NEAREST, 1 - NEAREST)
        corrected: Vector = 1 / (1 + np.exp(-(self.slope * np.log(kept / (1 - kept)) + self.shift)))
        return corrected

    def operators(self) -> tuple[list[Any], list[Any]]:
        """Clip, log-odds, line, sigmoid."""
        steps = [
            ("Clip", ["raw", "nearest0", "nearest1"], "kept"),
            ("Sub", ["one", "kept"], "against"),
            ("Div", ["kept", "against"], "odds"),
            ("Log", ["odds"], "log_odds"),
            ("Mul", ["log_odds", "slope"], "sloped"),
            ("Add", ["sloped", "shift"], "line"),
            ("Sigmoid", ["line"], "better"),
        ]
        constants = {"nearest0": NEAREST, "nearest1": 1 - NEAREST, "slope": self.slope, "shift": self.shift}
        return _nodes(steps), [_constant(name, np.float32(value)) for name, value in constants.items()]


@dataclass(frozen=True)
class Isotonic:
    """A line of straight pieces that never falls (isotonic regression on ranges of equally many rows)."""

    knots: tuple[float, ...]
    values: tuple[float, ...]

    def __call__(self, chances: Vector) -> Vector:
        """The corrected chances."""
        return np.interp(chances, self.knots, self.values)

    def operators(self) -> tuple[list[Any], list[Any]]:
        """How far a chance reaches into each piece, times the piece's slope, added up."""
        widths = np.diff(self.knots)
        slopes = np.diff(self.values) / widths
        steps = [
            ("Sub", ["raw", "starts"], "beyond"),
            ("Max", ["beyond", "zero"], "begun"),
            ("Min", ["begun", "widths"], "within"),
            ("MatMul", ["within", "slopes"], "risen"),
            ("Add", ["risen", "first"], "better"),
        ]
        constants = {
            "starts": np.array([self.knots[:-1]]),
            "zero": np.array(0.0),
            "widths": widths[np.newaxis],
            "slopes": slopes[:, np.newaxis],
            "first": np.array(self.values[0]),
        }
        return _nodes(steps), [_constant(name, value.astype(np.float32)) for name, value in constants.items()]


def recalibrate(
    model: Model, lesson: Lesson, parameters: Mapping[str, Any], seed: int
) -> tuple[Correction | None, dict[str, Any]]:
    """The correction that helps, if it is declared and does; and what was found, for the card."""
    if not model.calibrate:
        return None, {}
    before, middle = lesson.cut(LEARNED, TRIED, model.embargo)
    last = lesson.cut(TRIED, 1.0, model.embargo)[1]
    for part in (before, middle, last):
        part.refuse_one_sided(f"the rows that the calibration of {model.name} learns from")
    estimator = model.fit(before.features, before.labels, seed, **parameters)
    (chances, labels), (later, truth) = (_answers(estimator, part) for part in (middle, last))
    days = last.times.dt.epoch("d").to_numpy().astype(np.int64)
    without = _told(truth, later, days, seed)
    corrected = _told(truth, learn(model.calibrate, chances, labels)(later), days, seed)
    helps = corrected["brier"] < without["brier"] and corrected["log_loss"] < without["log_loss"]
    told = {"method": model.calibrate, "applied": helps, "without": without, "with": corrected}
    if not helps:
        return None, told
    return learn(model.calibrate, np.append(chances, later), np.append(labels, truth)), told


def learn(method: str, chances: Vector, labels: Vector) -> Correction:
    """The correction under which these chances come true."""
    from sklearn.isotonic import IsotonicRegression
    from sklearn.linear_model import LogisticRegression

    if method == "platt":
        kept = np.clip(chances, NEAREST, 1 - NEAREST)
        odds = np.log(kept / (1 - kept)).reshape(-1, 1)
        line = LogisticRegression(C=1e6).fit(odds, labels)
        return Platt(float(line.coef_[0, 0]), float(line.intercept_[0]))
    parts = np.array_split(np.argsort(chances, kind="stable"), min(KNOTS, len(chances)))
    means = np.array([chances[part].mean() for part in parts])
    rates = np.array([labels[part].mean() for part in parts])
    rising = IsotonicRegression().fit(means, rates, [len(part) for part in parts]).predict(means)
    knots = [0]
    for place in range(1, len(means)):
        if means[place] - means[knots[-1]] >= NARROWEST:
            knots.append(place)
    if len(knots) < 2:  # one chance for all: there is nothing between to draw a line through
        rate = float(labels.mean())
        return Platt(0.0, float(np.log(rate / (1 - rate))))
    return Isotonic(tuple(float(means[one]) for one in knots), tuple(float(rising[one]) for one in knots))


def append(content: bytes, correction: Correction) -> bytes:
    """The graph with the correction behind its second output."""
    import onnx
    from onnx import helper

    model = onnx.load_from_string(content)
    nodes, constants = correction.operators()
    given = model.graph.output[1].name
    before = helper.make_node("Gather", [given, "second"], ["raw"], axis=1)
    after = [
        helper.make_node("Sub", ["one", "better"], ["worse"]),
        helper.make_node("Concat", ["worse", "better"], ["corrected"], axis=1),
    ]
    model.graph.node.extend([before, *nodes, *after])
    constants = [*constants, _constant("second", np.array([1])), _constant("one", np.float32(1))]
    model.graph.initializer.extend(constants)
    label = model.graph.output[0]
    corrected = helper.make_tensor_value_info("corrected", onnx.TensorProto.FLOAT, [None, 2])
    kept = onnx.ValueInfoProto()
    kept.CopyFrom(label)
    del model.graph.output[:]
    model.graph.output.extend([kept, corrected])
    onnx.checker.check_model(model)
    made: bytes = model.SerializeToString(deterministic=True)
    return made


def _answers(estimator: Any, part: Lesson) -> tuple[Vector, Vector]:
    return chances_of(estimator, part.features), part.labels.to_numpy().astype(float)


def _told(labels: Vector, chances: Vector, days: NDArray[np.int64], seed: int) -> dict[str, float]:
    found, error = score(labels, chances), calibration(labels, chances, days, seed).error
    return {"brier": found.brier, "log_loss": found.log_loss, "calibration_error": error}


def _nodes(steps: list[tuple[str, list[str], str]]) -> list[Any]:
    from onnx import helper

    return [helper.make_node(kind, given, [made]) for kind, given, made in steps]


def _constant(name: str, value: Any) -> Any:
    from onnx import numpy_helper

    return numpy_helper.from_array(np.asarray(value), name)
