"""The model that all programs serve, the request that all are asked, and the folder where both lie."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tidegate.models.export import to_onnx

ROWS = 20_000
ROOMS = Path(__file__).resolve().parent / "rooms"


@dataclass(frozen=True)
class Made:
    """What was made: `model/` as a container finds it, `estimator.pickle` as scikit-learn's users keep it."""

    folder: Path
    sha256: str
    names: tuple[str, ...]  # of the features, in the model's order
    rows: list[dict[str, Any]]  # requests

    def body(self, rows: int) -> bytes:
        """A request of so many rows; of one row as it is asked most."""
        return json.dumps({"rows": self.rows[:rows]}).encode()

    def mlflow_body(self, rows: int) -> bytes:
        """The same for `mlflow models serve`, whose input is a frame of the columns that its model names."""
        numbers = [
            dict(zip(self.names, row, strict=True)) for row in _numbers(pl.DataFrame(self.rows[:rows]))
        ]
        return json.dumps({"dataframe_records": numbers}).encode()


def make(folder: Path) -> Made:
    """Learn from random payments; the same on every machine."""
    from pipelines.payment_fraud import COLUMNS, fit  # the benchmark's rooms, by the path that __main__ sets

    rows = _payments(ROWS)
    features = COLUMNS(rows, {})
    fitted: Any = fit(features, rows["fraud"], 7)
    content = to_onnx(fitted, features.width)
    known = [name for name in rows.columns if name != "fraud"]
    named = {"Float64": "number", "Boolean": "truth", "String": "text"}
    card = {
        "model": "payment_fraud",
        "run": "benchmark",
        "sha256": sha256(content).hexdigest(),
        "features": features.columns,
        "columns": {name: named.get(str(rows.schema[name]), "whole") for name in known},
        "lookups": {},
    }
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "model.onnx").write_bytes(content)
    (folder / "model" / "model.json").write_text(json.dumps(card))
    (folder / "names.json").write_text(json.dumps(features.columns))
    (folder / "estimator.pickle").write_bytes(pickle.dumps(fitted))
    return Made(folder, card["sha256"], tuple(features.columns), rows.select(known).head(100).to_dicts())


def _numbers(rows: pl.DataFrame) -> list[tuple[float, ...]]:
    from pipelines.payment_fraud import COLUMNS

    return COLUMNS(rows, {}).cast(pl.Float64).rows()


def _payments(count: int) -> pl.DataFrame:
    chance = np.random.default_rng(7)
    day = chance.integers(0, 10, count)
    amount = chance.gamma(2, 40, count) + 0.01
    new_device = chance.random(count) < 0.1
    risk = amount / 400 + new_device + (day > 7) - 2.5
    return pl.DataFrame(
        {
            "payment": [f"P{number:08d}" for number in range(count)],
            "amount": amount.clip(0.01, 50_000).round(2),
            "fee": chance.random(count).round(2),
            "items": chance.integers(1, 20, count),
            "hour": chance.integers(0, 24, count),
            "weekday": chance.integers(1, 8, count),
            "country": chance.choice(["NL", "DE", "FR", "BE", "US"], count),
            "currency": chance.choice(["EUR", "USD"], count),
            "channel": chance.choice(["web", "app", "shop"], count),
            "card_age_days": chance.integers(0, 5000, count),
            "customer_age": [int(age) if age > 17 else None for age in chance.integers(16, 90, count)],
            "payments_day": day,
            "payments_week": day + chance.integers(0, 30, count),
            "amount_week": (amount * 3).round(2),
            "distance_km": chance.gamma(1, 50, count).clip(0, 20_000).round(1),
            "new_device": new_device,
            "fraud": chance.random(count) < 1 / (1 + np.exp(-risk)),
        }
    )
