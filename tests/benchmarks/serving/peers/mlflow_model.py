"""Save the estimator as MLflow's users do: `mlflow_model.py FOLDER`, run by the peers' own Python."""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path

import mlflow
import mlflow.sklearn
import pandas as pd

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    names = json.loads((folder / "names.json").read_text())
    fitted = pickle.loads((folder / "estimator.pickle").read_bytes())
    example = pd.DataFrame([[0.0] * len(names)], columns=names)
    signature = mlflow.models.infer_signature(example, fitted.predict_proba(example.to_numpy())[:, 1])
    mlflow.sklearn.save_model(
        fitted,
        str(folder / "mlflow"),
        signature=signature,
        pyfunc_predict_fn="predict_proba",
        skops_trusted_types=["sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"],
    )
