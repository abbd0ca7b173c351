"""Weather: one clock, whatever the local one does."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from schemas.weather import transform


def test_the_hour_that_a_clock_change_repeats_stays_two_hours(real):
    rows = transform(real("weather").good)
    night = [datetime(2013, 11, 3, 5, tzinfo=UTC), datetime(2013, 11, 3, 6, tzinfo=UTC)]
    repeated = rows.filter((pl.col("origin") == "EWR") & pl.col("observed_at").is_in(night))
    assert repeated["observed_at"].to_list() == night
    assert rows.select("origin", "observed_at").is_duplicated().sum() == 0


def test_a_measurement_that_no_sky_could_give_is_noticed(changed):
    assert changed("weather", humid="101") == {("humid", "less_than_or_equal_to")}
    assert changed("weather", temp="warm") == {("temp", "type")}
    assert changed("weather", hour="2") == {("", "same_hour")}
    assert changed("weather", precip="NA") == {("precip", "not_null")}


def test_missing_measurements_are_good_rows(changed):
    assert changed("weather", temp="NA", dewp="NA", humid="NA", wind_dir="NA", wind_gust="") == set()
