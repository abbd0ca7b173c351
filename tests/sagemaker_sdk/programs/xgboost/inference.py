"""How the booster is loaded."""

from pathlib import Path

import xgboost


def model_fn(model_dir):
    booster = xgboost.Booster()
    booster.load_model(Path(model_dir) / "model.ubj")
    return booster
