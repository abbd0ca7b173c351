"""Is this payment fraud? Asked before it is made; the features are columns of the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.models.declare import Model
from tidegate.models.plain_features import Category, Columns

if TYPE_CHECKING:
    import polars as pl

COLUMNS = Columns(
    "amount",
    "fee",
    "items",
    "hour",
    "weekday",
    Category("country", ("NL", "DE", "FR", "BE", "US")),
    Category("currency", ("EUR", "USD")),
    Category("channel", ("web", "app", "shop")),
    "card_age_days",
    "customer_age",
    "payments_day",
    "payments_week",
    "amount_week",
    "distance_km",
    "new_device",
)


def fit(features: pl.DataFrame, labels: pl.Series, seed: int) -> object:
    """A hundred boosted trees."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    trees = HistGradientBoostingClassifier(max_iter=100, max_leaf_nodes=31, random_state=seed)
    return trees.fit(features.to_numpy(), labels.to_numpy())


model = Model(
    name="payment_fraud",
    description="The chance that a payment is fraud.",
    request="payments",
    known_by="payment",
    lookups=(),
    time_column="hour",
    test_share=0.2,
    features=COLUMNS,
    label=lambda rows: rows.with_row_index("row").select("row", label="fraud"),
    fit=fit,
    baseline_feature="amount",
    least_auc=0.5,
    least_new_rows=1,
    schedule="rate(1 day)",
    instance_type="ml.m5.large",
)
