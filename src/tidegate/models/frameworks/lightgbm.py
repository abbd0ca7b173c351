"""LightGBM's trees as ONNX: a `LGBMClassifier`, or the `Booster` that `lightgbm.train` gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def from_lightgbm(fitted: Any, width: int) -> bytes:
    """The graph of binary trees; without a name of its own, the exporter would give it a random one."""
    from onnxmltools import convert_lightgbm
    from onnxmltools.convert.common.data_types import FloatTensorType

    features = [("features", FloatTensorType([None, width]))]
    graph = convert_lightgbm(fitted, name="model", initial_types=features, zipmap=False)
    content: bytes = graph.SerializeToString(deterministic=True)
    return content


def of_lightgbm(fitted: Any, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
    """The chances that the trees themselves give."""
    said = fitted.predict_proba(matrix)[:, 1] if hasattr(fitted, "predict_proba") else fitted.predict(matrix)
    chances: NDArray[np.float64] = said.astype(np.float64)
    return chances
