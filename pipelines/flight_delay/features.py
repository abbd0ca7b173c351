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
        "weather": rows.select("origin", _LOOKED_AT),
        "planes": rows.select("tailnum"),
    }


def features(rows: pl.DataFrame, lookups: Frames) -> pl.DataFrame:
    """One row of floats for each flight, in the order of `rows`; what is not known is NaN."""
    flights = rows.with_row_index("row").with_columns(_LOOKED_AT).sort("at")
    observed = lookups["weather"].select(_OBSERVED).sort("observed_at")
    seen = flights.join_asof(
        observed,
        left_on="at",
        right_on="observed_at",
        by="origin",
        strategy="backward",
        tolerance=STALE,
        check_sortedness=False,  # both sides are sorted just above; polars cannot tell when `by` is given
    )
    aircraft = lookups["planes"].select(_AIRCRAFT).unique("tailnum", keep="first")
    return seen.join(aircraft, on="tailnum", how="left").sort("row").select(_SCHEDULE + _LOOKED_UP)


def _schedule() -> list[pl.Expr]:
    arrival = pl.col("sched_arr_time")
    local = departure().dt.convert_time_zone(ZONE)
    made = [
        (pl.col("hour").cast(pl.Int32) * 60 + pl.col("minute")).alias("minute_of_day"),
        (arrival // 100 * 60 + arrival % 100).alias("arrival_minute_of_day"),
        local.dt.weekday().alias("weekday"),
        pl.col("distance"),
        _code("carrier"),
        _code("origin"),
        _code("dest"),
    ]
    return [one.cast(pl.Float32) for one in made]


def _code(column: str) -> pl.Expr:
    """A short text of letters and digits as a number of its own, exact up to four characters."""
    return pl.col(column).str.to_integer(base=36, strict=False).fill_null(-1).alias(column)


# Expressions are made once: to make them takes as long as to run them on the one row of a request.
_LOOKED_AT = (departure() - AHEAD).alias("at")
_OBSERVED = [
    pl.col("origin"),
    pl.col("observed_at"),
    *(pl.col(old).alias(new) for old, new in WEATHER.items()),
]
_AIRCRAFT = [pl.col("tailnum"), pl.col("year").alias("built"), pl.col("seats"), pl.col("engines")]
_SCHEDULE = _schedule()
_LOOKED_UP = [
    one.cast(pl.Float32).fill_null(float("nan"))
    for one in (
        *map(pl.col, WEATHER.values()),
        (pl.col("year") - pl.col("built")).alias("aircraft_age"),
        pl.col("seats"),
        pl.col("engines"),
    )
]
