"""A server in the style of AWS's scikit-learn container: Flask behind gunicorn, JSON in and out."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import flask
import numpy as np

FOLDER = Path(os.environ["MODEL_FOLDER"])
NAMES = json.loads((FOLDER / "names.json").read_text())
TEXTS = {
    "country": {"NL": 0.0, "DE": 1.0, "FR": 2.0, "BE": 3.0, "US": 4.0},
    "currency": {"EUR": 0.0, "USD": 1.0},
    "channel": {"web": 0.0, "app": 1.0, "shop": 2.0},
}


def _chances():
    if os.environ["WITH"] == "scikit-learn":
        fitted = pickle.loads((FOLDER / "estimator.pickle").read_bytes())
        return lambda matrix: fitted.predict_proba(matrix)[:, 1]
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(FOLDER / "model" / "model.onnx"), options)
    given, asked = session.get_inputs()[0].name, session.get_outputs()[1].name
    return lambda matrix: session.run([asked], {given: matrix})[0][:, 1]


chances = _chances()
app = flask.Flask(__name__)


def _number(name, value):
    return TEXTS[name][value] if name in TEXTS else value


@app.get("/ping")
def ping():
    """Whether it is there."""
    return ""


@app.post("/invocations")
def invocations():
    """One answer: read, predict, write."""
    rows = json.loads(flask.request.get_data())["rows"]
    matrix = np.array([[_number(name, row[name]) for name in NAMES] for row in rows], dtype=np.float32)
    said = json.dumps({"predictions": [{"score": float(score)} for score in chances(matrix)]})
    return flask.Response(said, mimetype="application/json")
