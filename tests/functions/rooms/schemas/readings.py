"""Readings: a step makes timestamps of hours and degrees of tenths; it fails for one code, on purpose."""

import datetime as dt
from typing import Annotated

import pandera.polars as pa
import polars as pl

from tidegate.contract.declare import Dataset, Grain, Partition, column


class Reading(pa.DataFrameModel):
    station: str = column()
    day: dt.date = column()
    hour: int = column(ge=0, le=23)
    tenths: int = column()


class Published(pa.DataFrameModel):
    station: str = column()
    at: Annotated[pl.Datetime, "us", "UTC"] = column()
    degrees: float = column(le=60)


def transform(rows: pl.DataFrame) -> pl.DataFrame:
    if "BROKEN" in rows["station"]:
        raise ValueError("no such station: SECRET-VALUE")
    at = pl.col("day").cast(pl.Datetime("us")) + pl.duration(hours="hour")
    return rows.select("station", at=at.dt.replace_time_zone("UTC"), degrees=pl.col("tenths") / 10)


dataset = Dataset(
    name="readings",
    description="Readings of weather stations.",
    row=Reading,
    key=("station", "day", "hour"),
    transform=transform,
    published=Published,
    partition=Partition(column="at", grain=Grain.DAY),
)
