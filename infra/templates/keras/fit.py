"""What the model learns: the truth that came later, and the network that learns it."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

TARGET = "dep_delay"
ROUNDS, BATCH = 5, 256


def label(rows: pl.DataFrame) -> pl.DataFrame:
    """Whether the target came out above its average: put your own question here."""
    known = rows.with_row_index("row").filter(pl.col(TARGET).is_not_null())
    return known.select("row", label=pl.col(TARGET) > pl.col(TARGET).mean())


def fit(features: pl.DataFrame, labels: pl.Series, seed: int) -> Any:
    """A small network; what is missing becomes the average, and a flag that says so, within the graph."""
    import keras  # only the training's own environment has it
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    matrix, ops = features.to_numpy(), keras.ops
    mean = np.nan_to_num(np.nanmean(matrix, axis=0))
    spread = np.nan_to_num(np.nanstd(matrix, axis=0)) + 1e-3
    given = keras.Input((matrix.shape[1],), name="features")
    missing = ops.isnan(given)
    sized = ops.clip((ops.where(missing, mean, given) - mean) / spread, -5, 5)
    hidden = keras.layers.Dense(32, activation="relu")(
        ops.concatenate([sized, ops.cast(missing, "float32")], axis=1)
    )
    net = keras.Model(given, keras.layers.Dense(1, activation="sigmoid")(hidden))
    net.compile(keras.optimizers.AdamW(2e-3, weight_decay=1e-2), "binary_crossentropy")
    net.fit(matrix, labels.to_numpy().astype(np.float32), batch_size=BATCH, epochs=ROUNDS, verbose=0)
    return net
