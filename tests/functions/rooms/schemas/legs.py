"""Flights, with a step of their own, whose files may change as the environment's policy says."""

from typing import Annotated

import pandera.polars as pa
import polars as pl

from tidegate.contract.declare import Csv, Dataset, OnChange, Sees, column


class Leg(pa.DataFrameModel):
    year: pl.Int16 = column()
    month: pl.Int16 = column(ge=1, le=12)
    day: pl.Int16 = column(ge=1, le=31)
    dep_time: pl.Int16 = column(nullable=True)
    sched_dep_time: pl.Int16 = column()
    dep_delay: pl.Int16 = column(nullable=True)
    arr_time: pl.Int16 = column(nullable=True)
    sched_arr_time: pl.Int16 = column()
    arr_delay: pl.Int16 = column(nullable=True)
    carrier: str = column(str_matches="^[A-Z0-9]{2}$")
    flight: pl.Int16 = column(ge=1)
    tailnum: str = column(nullable=True)
    origin: str = column(isin=["EWR", "JFK", "LGA"])
    dest: str = column()
    air_time: pl.Int16 = column(nullable=True)
    distance: pl.Int16 = column(ge=1)
    hour: pl.Int16 = column(ge=0, le=23)
    minute: pl.Int16 = column(ge=0, le=59)
    time_hour: Annotated[pl.Datetime, "us", "UTC"] = column()


class PublishedLeg(Leg):
    cancelled: bool = column()


def transform(legs: pl.DataFrame) -> pl.DataFrame:
    """Say which did not leave; backwards, since a step may give its rows any order."""
    if "REKEYED" in legs["dest"]:
        legs = legs.with_columns(carrier=pl.lit("ZZ"))
    return legs.with_columns(cancelled=pl.col("dep_time").is_null()).reverse()


dataset = Dataset(
    name="legs",
    description="Flights.",
    row=Leg,
    key=("year", "month", "day", "carrier", "flight", "origin"),
    reads=Csv(null_values=("", "NA")),
    on_change={policy.value: policy for policy in OnChange},
    transform=transform,
    transform_sees=Sees.ROWS,
    published=PublishedLeg,
)
