"""Keras's models on TensorFlow as ONNX, by tf2onnx: the model takes the features and gives the chances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tidegate.errors import Refused

if TYPE_CHECKING:
    from numpy.typing import NDArray

OPSET = 18  # the newest that tf2onnx writes


def from_keras(fitted: Any, width: int) -> bytes:
    """The graph of a model, with the two outputs that every classifier has here."""
    import tensorflow as tf
    import tf2onnx

    def both(features: Any) -> Any:
        chances = tf.reshape(fitted(features, training=False), (-1,))
        return tf.cast(chances > 0.5, tf.int64), tf.stack([1 - chances, chances], axis=1)

    takes = (tf.TensorSpec((None, width), tf.float32, name="features"),)
    graph, _ = tf2onnx.convert.from_function(
        tf.function(both, input_signature=takes), input_signature=takes, opset=OPSET
    )
    renamed(graph.graph)
    content: bytes = graph.SerializeToString(deterministic=True)
    return content


def renamed(graph: Any) -> None:
    """Name every value by its place: which of two equal ones the exporter keeps differs from run to run."""
    names = {"": "", **{one.name: one.name for one in graph.input}}
    for node in graph.node:
        node.name = ""
        for values in (node.input, node.output):
            for place, value in enumerate(values):
                values[place] = names.setdefault(value, f"v{len(names)}")
    kept = {names[one.name]: one for one in graph.initializer if one.name in names}
    constants = [type(one).FromString(one.SerializeToString()) for _, one in sorted(kept.items())]
    for one in constants:
        one.name = names[one.name]
    del graph.initializer[:], graph.value_info[:]
    graph.initializer.extend(constants)
    for one in graph.output:
        one.name = names[one.name]
    for one in (*graph.input, *graph.output):
        one.type.tensor_type.shape.dim[0].dim_param = "rows"


def of_keras(fitted: Any, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
    """The chances that the model itself gives.

    Raises:
        Refused: it gives something else than one chance a row.
    """
    said = fitted.predict(matrix, batch_size=4096, verbose=0).astype(np.float64)
    if said.size != len(matrix) or said.min() < 0 or said.max() > 1:
        raise Refused(
            "what fit() returned",
            f"of {len(matrix)} rows it gives numbers of shape {said.shape} between {said.min():.3g} and "
            f"{said.max():.3g}",
            'End the model with Dense(1, activation="sigmoid")',
        )
    chances: NDArray[np.float64] = said.reshape(-1)
    return chances
