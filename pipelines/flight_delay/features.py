"""What the model sees of a flight: its schedule, its route, its aircraft, and the last weather known by then.

The same code runs on a training table and on a live request. It gets the columns that are known two hours
before the scheduled departure, and never looks at weather observed after that moment.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from tidegate.models.declare import Frames

AHEAD = timedelta(hours=2)  # a prediction is made so long before the scheduled departure
STALE = timedelta(hours=6)  # an older observation says nothing about the weather at departure
ZONE = "America/New_York"  # every flight of the contract leaves from one of New York's airports

WEATHER = {
    "temp": "temperature",
    "dewp": "dew_point",
    "humid": "humidity",
    "wind_dir": "wind_direction",
    "wind_speed": "wind_speed",
    "wind_gust": "wind_gust",
    "precip": "precipitation",
    "pressure": "pressure",
    "visib": "visibility",
}


def departure() -> pl.Expr:
    """The scheduled departure, from columns of a request; the contract's step says the same of a table."""
    return pl.col("time_hour") + pl.duration(minutes="minute")


def moment(rows: pl.DataFrame) -> pl.Series:
    """The time that each request is about."""
    return rows.select(departure()).to_series()


def lookup_keys(rows: pl.DataFrame) -> Frames:
    """Which weather and which aircraft the flights need."""
    return {
        "weather": rows.select("origin", (departure() - AHEAD).alias("at")),
        "planes": rows.select("tailnum"),
    }


def features(rows: pl.DataFrame, lookups: Frames) -> pl.DataFrame:
    """One row of floats for each flight, in the order of `rows`; what is not known is NaN."""
    flights = rows.with_row_index("row").with_columns(at=departure() - AHEAD)
    seen = _last_weather(flights, lookups["weather"])
    aircraft = _aircraft(flights, lookups["planes"])
    everything = pl.concat([_schedule(flights), seen, aircraft], how="horizontal")
    return everything.cast(pl.Float32).fill_null(float("nan"))


def _schedule(flights: pl.DataFrame) -> pl.DataFrame:
    arrival = pl.col("sched_arr_time")
    local = departure().dt.convert_time_zone(ZONE)
    return flights.select(
        (pl.col("hour").cast(pl.Int32) * 60 + pl.col("minute")).alias("minute_of_day"),
        (arrival // 100 * 60 + arrival % 100).alias("arrival_minute_of_day"),
        local.dt.weekday().alias("weekday"),
        pl.col("distance"),
        _code("carrier"),
        _code("origin"),
        _code("dest"),
    )


def _code(column: str) -> pl.Expr:
    """A short text of letters and digits as a number of its own, exact up to four characters."""
    return pl.col(column).str.to_integer(base=36, strict=False).fill_null(-1).alias(column)


def _last_weather(flights: pl.DataFrame, weather: pl.DataFrame) -> pl.DataFrame:
    observed = weather.select("origin", "observed_at", *WEATHER).sort("observed_at")
    joined = (
        flights.select("row", "origin", "at")
        .sort("at")
        .join_asof(
            observed.with_columns(pl.col("observed_at").cast(pl.Datetime("us", "UTC"))),
            left_on="at",
            right_on="observed_at",
            by="origin",
            strategy="backward",
            tolerance=STALE,
            check_sortedness=False,  # both sides are sorted just above; polars cannot tell when `by` is given
        )
    )
    return joined.sort("row").select(pl.col(name).alias(new) for name, new in WEATHER.items())


def _aircraft(flights: pl.DataFrame, planes: pl.DataFrame) -> pl.DataFrame:
    known = planes.select("tailnum", built="year", seats="seats", engines="engines").unique(
        "tailnum", keep="first"
    )
    joined = flights.select("row", "tailnum", "year").join(
        known, on="tailnum", how="left", maintain_order="left"
    )
    return joined.select((pl.col("year") - pl.col("built")).alias("aircraft_age"), "seats", "engines")
