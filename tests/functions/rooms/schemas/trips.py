"""Trips: written straight into the table, month by month; every version of a file adds its rows."""

import datetime as dt

import pandera.polars as pa

from tidegate.contract.declare import Dataset, Grain, Partition, column


class Trip(pa.DataFrameModel):
    id: int = column(ge=1)
    rider: str = column(personal=True, nullable=True)
    price: float = column(ge=0, nullable=True)
    day: dt.date = column()


dataset = Dataset(
    name="trips",
    description="Trips, one row each.",
    row=Trip,
    key=("id",),
    partition=Partition(column="day", grain=Grain.MONTH),
)
