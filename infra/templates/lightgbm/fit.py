"""What the model learns: the truth that came later, and the trees that learn it."""

from __future__ import annotations

from typing import Any

import polars as pl

TARGET = "dep_delay"


def label(rows: pl.DataFrame) -> pl.DataFrame:
    """Whether the target came out above its average: put your own question here."""
    known = rows.with_row_index("row").filter(pl.col(TARGET).is_not_null())
    return known.select("row", label=pl.col(TARGET) > pl.col(TARGET).mean())


def fit(features: pl.DataFrame, labels: pl.Series, seed: int) -> Any:
    """LightGBM's trees, which take NaN as they find it. One thread, and the same rows give the same trees."""
    from lightgbm import LGBMClassifier

    trees = LGBMClassifier(
        n_estimators=100,
        num_leaves=15,
        min_child_samples=50,
        random_state=seed,
        deterministic=True,
        force_row_wise=True,
        n_jobs=1,
        verbosity=-1,
    )
    return trees.fit(features.to_numpy(), labels.to_numpy().astype(int))
