"""A user's script for AWS's scikit-learn image: reads a channel, leaves an estimator and its serving code."""

import argparse
import csv
import os
import shutil
from pathlib import Path

import joblib
from sklearn.linear_model import LogisticRegression

parser = argparse.ArgumentParser()
parser.add_argument("--strength", type=float, default=1.0)
parser.add_argument("--label", default="last")
told, _ = parser.parse_known_args()

rows = []
for file in Path(os.environ["SM_CHANNEL_TRAIN"]).rglob("*.csv"):
    with file.open() as lines:
        rows += [[float(cell) for cell in row] for row in csv.reader(lines)]
model = LogisticRegression(C=told.strength).fit([row[:-1] for row in rows], [row[-1] for row in rows])
print(f"accuracy={model.score([row[:-1] for row in rows], [row[-1] for row in rows])};")
folder = Path(os.environ["SM_MODEL_DIR"])
joblib.dump(model, folder / "model.joblib")
(folder / "code").mkdir(exist_ok=True)
shutil.copy(Path(__file__).with_name("inference.py"), folder / "code")
