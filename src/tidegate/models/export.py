"""A fitted thing becomes ONNX, and ONNX is proved to say the same: one pair a framework, one proof for all.

Whatever `fit` returns is told by the package that its class comes from. A framework that is added here brings
two functions: one that writes the graph, one that gives the chances that the fitted thing itself would give.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tidegate.errors import Refused
from tidegate.models.frameworks.keras import from_keras, of_keras
from tidegate.models.frameworks.lightgbm import from_lightgbm, of_lightgbm
from tidegate.models.frameworks.torch import from_torch, of_torch
from tidegate.models.onnx_model import session_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]
    Chances = NDArray[np.float64]

PARITY_ROWS = 20_000
GREATEST_DIFFERENCE = (
    1e-4  # 32-bit sums of a hundred trees differ in the seventh digit; more is another model
)


@dataclass(frozen=True)
class Framework:
    """How fitted things of one package are written as ONNX, and asked themselves."""

    to_onnx: Callable[[Any, int], bytes]  # (fitted, number of features) -> a graph of one matrix of floats
    chances: Callable[[Any, Matrix], Chances]  # (fitted, features) -> the chance of the label


def to_onnx(fitted: Any, width: int) -> bytes:
    """The fitted thing as an ONNX graph that takes one matrix of 32-bit floats, `features`.

    Its second output has two columns, the chances of no label and of the label.

    Raises:
        Refused: no framework that is known here made it.
    """
    return _framework(fitted).to_onnx(fitted, width)


def chances_of(fitted: Any, features: pl.DataFrame) -> Chances:
    """The chance of the label for each row, asked of the fitted thing itself.

    Raises:
        Refused: no framework that is known here made it.
    """
    return _framework(fitted).chances(fitted, features.to_numpy().astype(np.float32))


def parity(
    fitted: Any,
    content: bytes,
    features: pl.DataFrame,
    correction: Callable[[Chances], Chances] | None = None,
) -> dict[str, Any]:
    """How far ONNX and the fitted thing are apart, on real rows and on rows of nothing or the unheard-of.

    A correction of the chances is part of the graph, and of what it is compared with.

    Raises:
        Refused: further than rounding explains.
    """
    matrix = _hard_rows(features.to_numpy().astype(np.float32)[-PARITY_ROWS:])
    session = session_of(content)
    chances = session.run([session.get_outputs()[1].name], {"features": matrix})[0][:, 1]
    meant = _framework(fitted).chances(fitted, matrix)
    furthest = float(np.abs(chances - (correction(meant) if correction else meant)).max())
    if not furthest <= GREATEST_DIFFERENCE:
        raise Refused(
            "the ONNX export",
            f"it differs from the fitted estimator by up to {furthest:.3g}",
            "Use estimators and encodings in fit() that ONNX represents exactly",
        )
    return {"rows": len(matrix), "greatest_difference": furthest, "allowed": GREATEST_DIFFERENCE}


def from_sklearn(fitted: Any, width: int) -> bytes:
    """A scikit-learn classifier or pipeline, by skl2onnx; the same estimator gives the same bytes."""
    import skl2onnx
    from skl2onnx.common.data_types import FloatTensorType

    with warnings.catch_warnings():
        # The exporter writes tree flags as booleans; protobuf 6 still takes them as integers.
        warnings.filterwarnings("ignore", "Field onnx.*Expected an int, got a boolean", DeprecationWarning)
        graph = skl2onnx.to_onnx(
            fitted, initial_types=[("features", FloatTensorType([None, width]))], options={"zipmap": False}
        )
    # The exporter lists these in the order of a hash that differs from process to process.
    in_order = sorted(graph.opset_import, key=lambda used: used.domain)
    del graph.opset_import[:]
    graph.opset_import.extend(in_order)
    content: bytes = graph.SerializeToString(deterministic=True)
    return content


def of_sklearn(fitted: Any, matrix: Matrix) -> Chances:
    """The chances that a scikit-learn classifier gives."""
    chances: Chances = fitted.predict_proba(matrix)[:, 1].astype(np.float64)
    return chances


FRAMEWORKS = {
    "sklearn": Framework(from_sklearn, of_sklearn),
    "lightgbm": Framework(from_lightgbm, of_lightgbm),
    "torch": Framework(from_torch, of_torch),
    "keras": Framework(from_keras, of_keras),
}


def _framework(fitted: Any) -> Framework:
    """By the packages of its class and of what that is derived from."""
    for kind in type(fitted).__mro__:
        found = FRAMEWORKS.get(kind.__module__.partition(".")[0])
        if found:
            return found
    raise Refused(
        "what fit() returned",
        f"it is a {type(fitted).__module__}.{type(fitted).__qualname__}, which is not known here",
        f"Return an estimator of: {', '.join(FRAMEWORKS)}",
    )


def _hard_rows(matrix: Matrix) -> Matrix:
    """Rows of the unheard-of, and one of nothing where the features say that values may be missing."""
    unheard_of = np.full((1, matrix.shape[1]), 1e6, dtype=np.float32)
    nothing = np.where(np.isnan(matrix).any(axis=0), np.nan, matrix[:1])
    return np.vstack([matrix, unheard_of, -unheard_of, nothing.astype(np.float32)])
