"""What the model learns: which flights were late, and the estimator that learns it."""

from __future__ import annotations

from typing import Any

import polars as pl

LATE_MINUTES = 15
CODES = ("carrier", "origin", "dest")


def label(rows: pl.DataFrame) -> pl.DataFrame:
    """Late or not, for every flight that arrived: a cancelled or diverted one has no lateness to learn."""
    arrived = rows.with_row_index("row").filter(pl.col("arr_delay").is_not_null())
    return arrived.select("row", label=pl.col("arr_delay") > LATE_MINUTES)


def fit(features: pl.DataFrame, labels: pl.Series, seed: int) -> Any:
    """Gradient-boosted trees; carrier and airports are replaced by their own past rate of lateness."""
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import KFold
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import TargetEncoder

    codes = [features.columns.index(name) for name in CODES]
    # Cross-fitted: no row's own lateness is in the rate that it learns from. The judging rows stay later.
    rates = TargetEncoder(target_type="binary", cv=KFold(5, shuffle=True, random_state=seed))
    trees = HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_iter=120,
        max_leaf_nodes=15,
        min_samples_leaf=200,
        l2_regularization=10.0,
        early_stopping=False,
        random_state=seed,
    )
    columns = ColumnTransformer([("rates", rates, codes)], remainder="passthrough")
    return Pipeline([("columns", columns), ("trees", trees)]).fit(
        features.to_numpy(), labels.to_numpy().astype(int)
    )
