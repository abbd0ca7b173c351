"""Rates: a file of old ones is refused."""

import datetime as dt

import pandera.polars as pa

from tidegate.contract.declare import Dataset, Freshness, column


class Rate(pa.DataFrameModel):
    day: dt.date = column()
    rate: float = column(gt=0)


dataset = Dataset(
    name="rates",
    description="Rates, one a day.",
    row=Rate,
    key=("day",),
    file_rules=(Freshness(column="day", within=dt.timedelta(days=2)),),
)
