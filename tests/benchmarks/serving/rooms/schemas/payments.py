"""Card payments: numbers, truths, texts of a few values and codes, ranges, a rule across columns."""

from typing import Any

import pandera.polars as pa
import polars as pl

from tidegate.contract.declare import Csv, Dataset, column

SETTLED = "settlement"


class Payment(pa.DataFrameModel):
    """A row as it arrives."""

    payment: str = column(str_matches="^P[0-9]{8}$")
    amount: float = column(gt=0, le=50_000)
    fee: float = column(ge=0, le=500)
    items: pl.Int16 = column(ge=1, le=500)
    hour: pl.Int8 = column(ge=0, le=23)
    weekday: pl.Int8 = column(ge=1, le=7)
    country: str = column(isin=["NL", "DE", "FR", "BE", "US"])
    currency: str = column(isin=["EUR", "USD"])
    channel: str = column(isin=["web", "app", "shop"])
    card_age_days: pl.Int32 = column(ge=0, le=20_000)
    customer_age: pl.Int16 = column(nullable=True, ge=16, le=120)
    payments_day: pl.Int16 = column(ge=0, le=10_000)
    payments_week: pl.Int16 = column(ge=0, le=50_000)
    amount_week: float = column(ge=0)
    distance_km: float = column(nullable=True, ge=0, le=21_000)
    new_device: bool = column()
    fraud: bool = column(known_after=SETTLED)

    @pa.dataframe_check
    @classmethod
    def a_day_is_in_its_week(cls, data: Any) -> Any:
        """a week has at least the payments of its last day"""
        return data.lazyframe.select(pl.col("payments_day") <= pl.col("payments_week"))


dataset = Dataset(
    name="payments",
    description="Card payments",
    row=Payment,
    key=("payment",),
    moments=("payment", SETTLED),
    reads=Csv(null_values=("", "NA")),
)
