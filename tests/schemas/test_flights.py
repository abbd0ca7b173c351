"""Flights: what becomes of cancelled, diverted and night flights, and which nonsense is noticed."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from schemas.flights import dataset, transform
from tidegate.contract.requests import check_rows

REQUEST = {
    "year": 2013,
    "month": 1,
    "day": 1,
    "sched_dep_time": 515,
    "sched_arr_time": 819,
    "carrier": "UA",
    "flight": 1545,
    "tailnum": "N14228",
    "origin": "EWR",
    "dest": "IAH",
    "distance": 1400,
    "hour": 5,
    "minute": 15,
    "time_hour": "2013-01-01T10:00:00Z",
}


@pytest.mark.parametrize(
    ("cells", "broken"),
    [
        ({"dep_time": "NA"}, ("", "known_in_order")),
        ({"arr_time": "NA"}, ("", "known_in_order")),
        ({"air_time": "NA"}, ("", "known_in_order")),
        ({"tailnum": "NA"}, ("", "known_in_order")),
        ({"minute": "16"}, ("", "scheduled_clock")),
        ({"day": "2"}, ("", "scheduled_hour")),
        ({"time_hour": "2013-01-01T11:00:00Z"}, ("", "scheduled_hour")),
        ({"time_hour": "2013-01-01 10:00:00"}, ("time_hour", "type")),
        ({"dep_delay": "3"}, ("", "departure_delay")),
        ({"arr_delay": "10"}, ("", "arrival_delay")),
        ({"sched_arr_time": "879"}, ("", "real_clocks")),
        ({"origin": "BOS"}, ("origin", "isin")),
        ({"month": "13"}, ("month", "less_than_or_equal_to")),
        ({"distance": "far"}, ("distance", "type")),
        ({"carrier": ""}, ("carrier", "not_null")),
        ({"dest": "iah"}, ("dest", "str_matches")),
    ],
)
def test_one_wrong_cell_is_noticed(changed, cells, broken):
    assert broken in changed("flights", **cells)


def test_a_cancelled_flight_is_a_good_row(real):
    rows = transform(real("flights").good)
    assert rows["cancelled"].sum() == 8255
    assert rows["diverted"].sum() == 1175
    assert rows.filter("cancelled").select(
        pl.col("dep_time", "arr_delay", "air_time").is_not_null().any()
    ).row(0) == (
        False,
        False,
        False,
    )


def test_the_scheduled_departure_is_the_local_time_in_utc(real):
    rows = transform(real("flights").good)
    local = pl.col("scheduled_departure").dt.convert_time_zone("America/New_York")
    wrong = rows.filter(local.dt.hour().cast(pl.Int32) * 100 + local.dt.minute() != pl.col("sched_dep_time"))
    assert wrong.height == 0
    assert rows.filter(pl.col("scheduled_departure").dt.truncate("1h") != pl.col("time_hour")).height == 0
    assert rows["scheduled_departure"][0] == datetime(2013, 1, 1, 10, 15, tzinfo=UTC)


def test_what_is_known_two_hours_before_departure_says_nothing_of_the_flight_itself():
    assert set(dataset.known_by("two hours before departure")) == set(REQUEST)
    assert set(dataset.known_by("schedule")) == set(REQUEST) - {"tailnum"}


def test_a_request_is_checked_by_the_rules_of_what_is_known():
    columns = dataset.known_by("two hours before departure")
    assert check_rows([REQUEST], dataset, columns).errors == ()
    wrong = check_rows([{**REQUEST, "origin": "BOS", "minute": 16}], dataset, columns).errors
    assert {(error.column, error.check) for error in wrong} == {("origin", "isin"), ("", "scheduled_clock")}


def test_a_request_may_not_know_the_future():
    columns = dataset.known_by("two hours before departure")
    errors = check_rows([{**REQUEST, "dep_delay": 30}], dataset, columns).errors
    assert [(error.column, error.check) for error in errors] == [("dep_delay", "unknown")]
