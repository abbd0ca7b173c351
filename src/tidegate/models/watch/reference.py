"""What a model's training saw, kept beside its evaluation: rows to compare with what is asked later.

An even sample of the training's rows and of those that it was judged on: when each was, its features, and
the score that the trained model gives it. Rows, and not counts: which hours, weekends and months a window
has is only known when it is judged. A feature that is a personal column is left out, as it is of captures.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tidegate.models.watch.judge import Rows
from tidegate.models.watch.seasons import Times

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tidegate.models.declare import Model
    from tidegate.models.onnx_model import OnnxModel
    from tidegate.models.train import Material

FILE = "reference.parquet"
MOMENT, SCORE = "_moment", "_score"
MOST_ROWS = 50_000
UTC_MOMENT = pl.Datetime("us", "UTC")


def reference(
    model: Model,
    materials: Sequence[Material],
    onnx: OnnxModel,
    personal: Collection[str] = (),
    most: int = MOST_ROWS,
) -> pl.DataFrame:
    """The rows that later ones are compared with, oldest first; nothing of the `personal` columns."""
    rows = pl.concat([material.rows for material in materials]).sort(model.time_column)
    even = rows.gather_every(-(-rows.height // most))
    asked = even.select(materials[0].known)
    features = model.features(asked, materials[0].lookups).select(onnx.features)
    scores = onnx.scores(features.to_numpy().astype(np.float32))
    told = model.watch.moment
    moments = as_moments(told(asked) if told else even[model.time_column])
    kept = features.drop(_personal(features, asked, personal))
    return kept.with_columns(moments.alias(MOMENT), pl.Series(SCORE, scores)).drop_nulls(MOMENT)


def _personal(features: pl.DataFrame, asked: pl.DataFrame, personal: Collection[str]) -> list[str]:
    """The features that are a personal column, by their name or in all their values."""
    theirs = [asked[name] for name in asked.columns if name in personal and asked[name].dtype.is_numeric()]
    return [
        name
        for name in features.columns
        if name in personal or any(features[name].equals(one.cast(features[name].dtype)) for one in theirs)
    ]


def read_reference(content: bytes, zone: str) -> Rows:
    """The rows of the file, their times on the model's clock."""
    frame = pl.read_parquet(io.BytesIO(content))
    columns = {name: numbers(frame[name]) for name in frame.columns if name != MOMENT}
    return Rows(Times.of(frame[MOMENT], zone), columns)


def numbers(series: pl.Series) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A column as floats, nothing as NaN."""
    return series.cast(pl.Float64).to_numpy()


def as_moments(series: pl.Series) -> pl.Series:
    """Dates and times as moments; without a zone they are taken as UTC."""
    if isinstance(series.dtype, pl.Datetime) and series.dtype.time_zone is not None:
        return series.dt.convert_time_zone("UTC").cast(UTC_MOMENT)
    return series.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
