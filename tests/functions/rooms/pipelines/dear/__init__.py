"""Will a trip cost more than ten? A model that is never trained here, only watched."""

from typing import Any

import polars as pl

from tidegate.models.declare import Frames, Model, Watch


def features(rows: pl.DataFrame, lookups: Frames) -> pl.DataFrame:
    return rows.select(pl.col("id").cast(pl.Float32))


def label(rows: pl.DataFrame) -> pl.DataFrame:
    paid = rows.with_row_index("row").filter(pl.col("price").is_not_null())
    return paid.select("row", label=pl.col("price") > 10)


def fit(features: pl.DataFrame, labels: pl.Series, seed: int) -> Any:
    raise NotImplementedError


model = Model(
    name="dear",
    description="Whether a trip costs more than ten.",
    request="trips",
    known_by="arrival of the file",
    lookups=(),
    time_column="day",
    test_share=0.2,
    features=features,
    lookup_keys=lambda rows: {},
    label=label,
    fit=fit,
    baseline_feature="id",
    least_auc=0.5,
    least_new_rows=1,
    schedule="rate(1 day)",
    instance_type="ml.m5.large",
    watch=Watch(least_rows=200, least_labels=200),
)
