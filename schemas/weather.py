"""Hourly weather at New York's three airports, in its source's units: °F, %, degrees, mph, inches, millibars,
miles.

A missing measurement is `NA`, and stays unknown: a calm hour has no wind direction, most hours have no gust.
The rules leave room for any real weather and none for a broken sensor: 2013 holds one hour of 1048 mph at
Newark.
"""

from typing import Annotated, Any

import pandera.polars as pa
import polars as pl

from tidegate.contract.declare import Csv, Dataset, Grain, Partition, Sees, column

ZONE = "America/New_York"  # of all three airports


class Hour(pa.DataFrameModel):
    """A row as it arrives: `year` to `hour` on New York's clock, `time_hour` in UTC."""

    origin: str = column(isin=["EWR", "JFK", "LGA"])
    year: pl.Int16 = column(ge=1940, le=2100)
    month: pl.Int16 = column(ge=1, le=12)
    day: pl.Int16 = column(ge=1, le=31)
    hour: pl.Int16 = column(ge=0, le=23)
    temp: float = column(nullable=True, ge=-60, le=130)
    dewp: float = column(nullable=True, ge=-80, le=100)
    humid: float = column(nullable=True, ge=0, le=100)
    wind_dir: pl.Int16 = column(nullable=True, ge=0, le=360)
    wind_speed: float = column(nullable=True, ge=0, le=254)  # the highest ever measured on the ground
    wind_gust: float = column(nullable=True, ge=0, le=254)
    precip: float = column(ge=0, le=15)
    pressure: float = column(nullable=True, ge=850, le=1090)
    visib: float = column(ge=0, le=100)
    time_hour: Annotated[pl.Datetime, "us", "UTC"] = column()

    @pa.dataframe_check
    @classmethod
    def same_hour(cls, data: Any) -> Any:
        """time_hour is that hour of that day in New York"""
        local = pl.col("time_hour").dt.convert_time_zone(ZONE).dt
        day = (
            (local.year() == pl.col("year"))
            & (local.month() == pl.col("month"))
            & (local.day() == pl.col("day"))
        )
        return data.lazyframe.select(day & (local.hour() == pl.col("hour")) & (local.minute() == 0))


class PublishedHour(pa.DataFrameModel):
    """A row of the table: one clock, UTC, is enough."""

    origin: str = column(isin=["EWR", "JFK", "LGA"])
    observed_at: Annotated[pl.Datetime, "us", "UTC"] = column()
    temp: float = column(nullable=True)
    dewp: float = column(nullable=True)
    humid: float = column(nullable=True)
    wind_dir: pl.Int16 = column(nullable=True)
    wind_speed: float = column(nullable=True)
    wind_gust: float = column(nullable=True)
    precip: float = column()
    pressure: float = column(nullable=True)
    visib: float = column()


def transform(hours: pl.DataFrame) -> pl.DataFrame:
    """Keep one clock: when it was observed, in UTC."""
    return hours.rename({"time_hour": "observed_at"}).select(*PublishedHour.to_schema().columns)


dataset = Dataset(
    name="weather",
    description="Hourly weather at Newark, Kennedy and LaGuardia",
    row=Hour,
    key=("origin", "time_hour"),
    reads=Csv(null_values=("", "NA")),
    transform=transform,
    transform_sees=Sees.ROWS,
    published=PublishedHour,
    partition=Partition(column="observed_at", grain=Grain.MONTH),
)
