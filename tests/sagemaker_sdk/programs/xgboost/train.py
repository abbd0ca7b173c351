"""A user's script for AWS's XGBoost image: it learns whether the first number is large."""

import os
from pathlib import Path

import numpy
import xgboost

rows = numpy.arange(100, dtype="float32").reshape(50, 2)
matrix = xgboost.DMatrix(rows, label=(rows[:, 0] > 50).astype("float32"))
booster = xgboost.train({"objective": "binary:logistic", "eta": 1.0, "max_depth": 1}, matrix, 3)
booster.save_model(Path(os.environ["SM_MODEL_DIR"]) / "model.ubj")
print(f"version={xgboost.__version__}")
