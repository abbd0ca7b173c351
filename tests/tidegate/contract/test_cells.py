"""What each type takes as its own writing, and what it refuses."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

from tidegate.contract.cells import TEXT, typed

MOMENT = pl.Datetime("us", "UTC")


def read(kind: pl.DataType, text: str):
    return pl.DataFrame({f"{TEXT}a": [text]}).select(typed("a", kind)).item()


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (pl.Int16(), "-5", -5),
        (pl.Int16(), "0", 0),
        (pl.UInt8(), "255", 255),
        (pl.Int64(), "9223372036854775807", 2**63 - 1),
        (pl.Float64(), "0.5", 0.5),
        (pl.Float64(), "-3", -3.0),
        (pl.Float64(), "1e3", 1000.0),
        (pl.Float64(), "10.357019999999999", 10.357019999999999),
        (pl.Decimal(10, 2), "12.5", Decimal("12.50")),
        (pl.Boolean(), "true", True),
        (pl.Boolean(), "FALSE", False),
        (pl.Date(), "2020-02-29", date(2020, 2, 29)),
        (MOMENT, "2013-01-01T10:00:00Z", datetime(2013, 1, 1, 10, tzinfo=UTC)),
        (MOMENT, "2013-01-01T10:00:00.25+02:00", datetime(2013, 1, 1, 8, 0, 0, 250_000, tzinfo=UTC)),
        (pl.Datetime("us"), "2013-01-01T10:00:00", datetime(2013, 1, 1, 10, tzinfo=UTC).replace(tzinfo=None)),
        (pl.String(), " a ", " a "),
        (pl.String(), "", ""),
    ],
)
def test_a_value_written_as_its_type_is_read(kind, text, value):
    assert read(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        (
            pl.Int16(),
            ["05", "+5", "-0", " 5", "5 ", "5.0", "1e3", "40000", "", "NaN", "NA", "1_000", "٣", "0x1"],
        ),
        (pl.UInt8(), ["-1", "256"]),
        (pl.Int64(), ["9223372036854775808"]),
        (
            pl.Float64(),
            ["NaN", "nan", "inf", "-Infinity", "1e999", ".5", "5.", "05.5", "+5", " 5", "1,5", "", "1e"],
        ),
        (pl.Decimal(5, 2), ["1.234", "12345", "1e2", " 1", "abc"]),
        (pl.Boolean(), ["1", "0", "yes", "t", "tRUE", ""]),
        (
            pl.Date(),
            [
                *("2021-02-29", "2020-1-1", "20200101", "01/02/2020", "2020-01-01T00:00:00", " 2020-01-01"),
                *("0000-01-01", "-0001-01-01", "10000-01-01"),
            ],
        ),
        (
            MOMENT,
            [
                "2013-01-01T10:00:00",
                "2013-01-01 10:00:00Z",
                "2013-01-01T10:00Z",
                "2013-01-01T25:00:00Z",
                "2013-01-01T10:00:60Z",
                "2013-02-30T10:00:00Z",
                "2013-01-01T10:00:00.1234567Z",
                "2013-01-01T10:00:00-05",
                "0000-01-01T00:00:00Z",
                "0001-01-01T00:00:00+14:00",
                "9999-12-31T23:59:59-12:00",
            ],
        ),
        (pl.Datetime("us", "Asia/Tokyo"), ["9999-12-31T23:00:00Z"]),
        (pl.Datetime("us"), ["2013-01-01T10:00:00Z", "2013-01-01T10:00:00+00:00"]),
    ],
)
def test_what_is_not_written_as_its_type_is_refused(kind, texts):
    assert {text: read(kind, text) for text in texts} == dict.fromkeys(texts)


def texts(alphabet: str, longest: int) -> list[str]:
    return ["".join(some) for n in range(longest + 1) for some in itertools.product(alphabet, repeat=n)]


def many(kind: pl.DataType, of: list[str]) -> list:
    return pl.DataFrame({f"{TEXT}a": of}).select(typed("a", kind)).to_series().to_list()


@pytest.mark.parametrize("kind", [pl.Int8(), pl.UInt8(), pl.Int64(), pl.UInt64()])
def test_of_all_short_texts_those_that_print_an_integer_are_one(kind):
    every = texts("0159+-. e\t:x٣", 4)
    low, high = pl.select(
        pl.lit(0).cast(kind).lower_bound(), pl.lit(0).cast(kind).upper_bound().alias("h")
    ).row(0)

    def value(text: str) -> int | None:
        printed = re.fullmatch(r"0|-?[1-9][0-9]*", text)
        return int(text) if printed and low <= int(text) <= high else None

    assert many(kind, every) == [value(text) for text in every]


def test_of_all_texts_near_a_day_those_with_ten_digits_and_dashes_in_place_are_one():
    places = itertools.combinations(range(10), 2)
    every = {
        "2016-03-13"[:a] + one + "2016-03-13"[a + 1 : b] + two + "2016-03-13"[b + 1 :]
        for a, b in places
        for one, two in itertools.product(["", "0", "1", "9", " ", "\t", "+", "-", "/", "00"], repeat=2)
    }

    def value(text: str) -> date | None:
        try:
            return date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
        except ValueError:
            return None

    assert many(pl.Date(), sorted(every)) == [value(text) for text in sorted(every)]
