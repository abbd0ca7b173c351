"""A user's script for AWS's TensorFlow image: a Keras model of one unit, kept as a SavedModel."""

import os
from pathlib import Path

import tensorflow

tensorflow.keras.utils.set_random_seed(1)
model = tensorflow.keras.Sequential([tensorflow.keras.Input((1,)), tensorflow.keras.layers.Dense(1)])
model.compile(optimizer="sgd", loss="mse")
given = tensorflow.constant([[0.0], [0.5], [1.0]])
model.fit(given, 2 * given, epochs=5, verbose=0)
model.export(Path(os.environ["SM_MODEL_DIR"]) / "1")
print(f"version={tensorflow.__version__}")
