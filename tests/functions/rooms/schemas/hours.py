"""Hours of weather, whose files may change their columns as the environment's policy says."""

from typing import Annotated

import pandera.polars as pa
import polars as pl

from tidegate.contract.declare import (
    Csv,
    Dataset,
    Excel,
    Grain,
    JsonArray,
    JsonLines,
    OnChange,
    Parquet,
    Partition,
    column,
)


class Hour(pa.DataFrameModel):
    origin: str = column(isin=["EWR", "JFK", "LGA"])
    year: pl.Int16 = column()
    month: pl.Int16 = column(ge=1, le=12)
    day: pl.Int16 = column(ge=1, le=31)
    hour: pl.Int16 = column(ge=0, le=23)
    temp: float = column(nullable=True, ge=-60, le=130)
    dewp: float = column(nullable=True, ge=-80, le=100)
    humid: float = column(nullable=True, ge=0, le=100)
    wind_dir: pl.Int16 = column(nullable=True, ge=0, le=360)
    wind_speed: float = column(nullable=True, ge=0, le=254)
    wind_gust: float = column(nullable=True, ge=0, le=254)
    precip: float = column(ge=0, le=15)
    pressure: float = column(nullable=True, ge=850, le=1090)
    visib: float = column(ge=0, le=100)
    time_hour: Annotated[pl.Datetime, "us", "UTC"] = column()


dataset = Dataset(
    name="hours",
    description="Hourly weather.",
    row=Hour,
    key=("origin", "time_hour"),
    reads=(
        Csv(null_values=("", "NA")),
        JsonLines(null_values=("NA",)),
        JsonArray(null_values=("NA",)),
        Parquet(),
        Excel(null_values=("", "NA")),
    ),
    on_change={policy.value: policy for policy in OnChange},
    partition=Partition(column="time_hour", grain=Grain.MONTH),
)
