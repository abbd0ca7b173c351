"""Flights that left New York's three airports: as scheduled, and what became of them. A drop holds a month.

A time of day is `hhmm` on the airport's own clock: `517` is 5:17, `2400` midnight at the end of the day. A
cancelled flight has no departure, and often no aircraft; a diverted one departs, and has neither arrival
delay nor air time.
"""

from typing import Annotated, Any

import pandera.polars as pa
import polars as pl

from tidegate.contract.declare import Csv, Dataset, Grain, Partition, Sees, column

ZONE = "America/New_York"  # of all three airports
ASSIGNED, DEPARTED, ARRIVED = "two hours before departure", "departure", "arrival"


def minutes(clock: str) -> pl.Expr:
    """A time of day as minutes since midnight."""
    return pl.col(clock).cast(pl.Int32) // 100 * 60 + pl.col(clock) % 100


def agrees(actual: str, scheduled: str, delay: str) -> pl.Expr:
    """Two times of day lie as far apart as the delay says, be it over midnight."""
    return (minutes(actual) - minutes(scheduled) - pl.col(delay)) % 1440 == 0


class Flight(pa.DataFrameModel):
    """A row as it arrives."""

    year: pl.Int16 = column(ge=1987, le=2100)
    month: pl.Int16 = column(ge=1, le=12)
    day: pl.Int16 = column(ge=1, le=31)
    dep_time: pl.Int16 = column(known_after=DEPARTED, nullable=True, ge=1, le=2400)
    sched_dep_time: pl.Int16 = column(ge=0, lt=2400)
    dep_delay: pl.Int16 = column(known_after=DEPARTED, nullable=True, ge=-240, le=2880)
    arr_time: pl.Int16 = column(known_after=ARRIVED, nullable=True, ge=1, le=2400)
    sched_arr_time: pl.Int16 = column(ge=0, lt=2400)
    arr_delay: pl.Int16 = column(known_after=ARRIVED, nullable=True, ge=-240, le=2880)
    carrier: str = column(str_matches="^[A-Z0-9]{2}$")
    flight: pl.Int16 = column(ge=1, le=9999)
    tailnum: str = column(known_after=ASSIGNED, nullable=True, str_matches="^[A-Z][A-Z0-9]{4,5}$")
    origin: str = column(isin=["EWR", "JFK", "LGA"])
    dest: str = column(str_matches="^[A-Z]{3}$")
    air_time: pl.Int16 = column(known_after=ARRIVED, nullable=True, ge=10, le=1200)
    distance: pl.Int16 = column(ge=1, le=10000, description="in miles")
    hour: pl.Int16 = column(ge=0, le=23)
    minute: pl.Int16 = column(ge=0, le=59)
    time_hour: Annotated[pl.Datetime, "us", "UTC"] = column(
        description="the scheduled hour, to join weather by"
    )

    @pa.dataframe_check
    @classmethod
    def scheduled_clock(cls, data: Any) -> Any:
        """hour and minute are those of sched_dep_time"""
        return data.lazyframe.select(pl.col("hour") * 100 + pl.col("minute") == pl.col("sched_dep_time"))

    @pa.dataframe_check
    @classmethod
    def scheduled_hour(cls, data: Any) -> Any:
        """time_hour is that hour of that day in New York"""
        local = pl.col("time_hour").dt.convert_time_zone(ZONE).dt
        day = (
            (local.year() == pl.col("year"))
            & (local.month() == pl.col("month"))
            & (local.day() == pl.col("day"))
        )
        return data.lazyframe.select(day & (local.hour() == pl.col("hour")) & (local.minute() == 0))

    @pa.dataframe_check
    @classmethod
    def real_clocks(cls, data: Any) -> Any:
        """no time of day has sixty minutes or more"""
        clocks = ("dep_time", "arr_time", "sched_arr_time")
        return data.lazyframe.select(
            pl.all_horizontal((pl.col(name) % 100 < 60).fill_null(True) for name in clocks)
        )

    @pa.dataframe_check
    @classmethod
    def known_in_order(cls, data: Any) -> Any:
        """departure and its delay are known together; an arrival needs a departure, a flight an aircraft"""
        known = {
            name: pl.col(name).is_not_null() for name in ("dep_time", "dep_delay", "arr_time", "arr_delay")
        }
        flown = pl.col("air_time").is_not_null() == known["arr_delay"]
        inside = (known["dep_time"] | ~known["arr_time"]) & (known["arr_time"] | ~known["arr_delay"])
        aircraft = pl.col("tailnum").is_not_null() | ~known["dep_time"]
        return data.lazyframe.select((known["dep_time"] == known["dep_delay"]) & inside & flown & aircraft)

    @pa.dataframe_check
    @classmethod
    def departure_delay(cls, data: Any) -> Any:
        """dep_delay is dep_time less sched_dep_time"""
        return data.lazyframe.select(agrees("dep_time", "sched_dep_time", "dep_delay"))

    @pa.dataframe_check
    @classmethod
    def arrival_delay(cls, data: Any) -> Any:
        """arr_delay is arr_time less sched_arr_time"""
        return data.lazyframe.select(agrees("arr_time", "sched_arr_time", "arr_delay"))


class PublishedFlight(Flight):
    """A row of the table: the flight, when it was to leave, and whether it did."""

    scheduled_departure: Annotated[pl.Datetime, "us", "UTC"] = column()
    cancelled: bool = column(known_after=DEPARTED)
    diverted: bool = column(known_after=ARRIVED, description="it departed and did not arrive where it should")


def transform(flights: pl.DataFrame) -> pl.DataFrame:
    """Say when a flight was to leave, in UTC: `time_hour` tells a repeated hour's two apart in autumn."""
    departed = pl.col("dep_time").is_not_null()
    return flights.with_columns(
        scheduled_departure=pl.col("time_hour") + pl.duration(minutes="minute"),
        cancelled=~departed,
        diverted=departed & pl.col("arr_delay").is_null(),
    )


dataset = Dataset(
    name="flights",
    description="Flights from Newark, Kennedy and LaGuardia",
    row=Flight,
    key=("year", "month", "day", "carrier", "flight", "origin"),
    moments=("schedule", ASSIGNED, DEPARTED, ARRIVED),
    reads=Csv(null_values=("", "NA")),
    transform=transform,
    transform_sees=Sees.ROWS,
    published=PublishedFlight,
    partition=Partition(column="scheduled_departure", grain=Grain.MONTH),
)
