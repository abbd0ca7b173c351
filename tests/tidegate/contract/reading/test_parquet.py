"""Parquet by row groups: any writer's file reads alike, and no value is changed to fit."""

from __future__ import annotations

import datetime as dt
import io
import random
from decimal import Decimal

import polars as pl
import pyarrow.parquet as pq
import pytest

from tests.tidegate.contract.reading.contracts import checked, parcels, reasons, texts
from tidegate.contract.declare import Csv, Parquet
from tidegate.contract.reading.parquet_pages import cuts
from tidegate.contract.reading.thrift import NotThrift, read_struct, write_struct

DATASET = parcels(Parquet())
UTC = dt.UTC
ROWS = 700
FRAME = pl.DataFrame(
    {
        "number": pl.Series(range(1, ROWS + 1), dtype=pl.Int32),
        "colour": ["red", None, "é", "blue"] * (ROWS // 4),
        "weight": [0.5, None] * (ROWS // 2),
        "price": pl.Series([Decimal("12.50")] * ROWS, dtype=pl.Decimal(12, 2)),
        "sent": [dt.date(2020, 1, 31)] * ROWS,
        "seen": pl.Series([dt.datetime(2020, 1, 31, 12, tzinfo=UTC)] * ROWS, dtype=pl.Datetime("us", "UTC")),
        "whole": [True, None] * (ROWS // 2),
    }
)


def by_polars(frame: pl.DataFrame, **how: object) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out, **how)
    return out.getvalue()


def by_arrow(frame: pl.DataFrame, **how: object) -> bytes:
    out = io.BytesIO()
    pq.write_table(frame.to_arrow(), out, **how)
    return out.getvalue()


WRITTEN = {
    "polars": by_polars(FRAME),
    "polars in row groups": by_polars(FRAME, row_group_size=100),
    "polars uncompressed": by_polars(FRAME, compression="uncompressed"),
    "arrow in row groups": by_arrow(FRAME, row_group_size=300),
    "arrow with snappy and new pages": by_arrow(FRAME, compression="snappy", data_page_version="2.0"),
    "arrow with gzip and no dictionary": by_arrow(FRAME, compression="gzip", use_dictionary=False),
    "arrow with small pages": by_arrow(FRAME, data_page_size=100),
    "columns in another order": by_polars(FRAME.select(reversed(FRAME.columns))),
    "wider types": by_polars(
        FRAME.with_columns(
            pl.col("number").cast(pl.Int64),
            pl.col("weight").cast(pl.Float32),
            pl.col("colour").cast(pl.Categorical),
            pl.col("seen").cast(pl.Datetime("ns", "UTC")),
        )
    ),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_files_of_any_writer_read_alike(how):
    found = checked(WRITTEN[how], DATASET, "parcels/a.parquet")
    assert found.fault is None
    assert found.good.equals(FRAME)


def test_a_value_that_the_contracts_type_would_change_is_refused_and_shown():
    frame = FRAME.head(4).with_columns(
        pl.Series("number", [1.0, 2.5, 3.0, 2.0**40]),
        pl.Series("weight", [1.0, 2.0, float("nan"), float("inf")]),
        pl.Series("seen", [dt.datetime(2020, 1, 31, 12, tzinfo=UTC)] * 4, dtype=pl.Datetime("ns", "UTC")),
    )
    found = checked(by_polars(frame), DATASET, "parcels/a.parquet")
    assert found.good["number"].to_list() == [1]
    assert reasons(found) == {
        2: {("number", "type")},
        3: {("weight", "type")},
        4: {("number", "type"), ("weight", "type")},
    }
    assert found.bad["_line"].to_list() == [-1, -1, -1]
    assert found.bad["_bytes"][0].startswith(b'{"number":2.5,"colour":null')


def test_a_date_beyond_every_calendar_is_refused_and_trips_nobody():
    far = pl.Series("sent", [-(2**31), 0, 2**31 - 1, 2_932_897], dtype=pl.Int32).cast(pl.Date)
    late = pl.Series("seen", [0, 2**62, 0, 0], dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))
    found = checked(by_polars(FRAME.head(4).with_columns(far, late)), DATASET, "parcels/a.parquet")
    assert found.good.height == 0
    assert reasons(found) == {
        1: {("sent", "type")},
        2: {("seen", "type")},
        3: {("sent", "type")},
        4: {("sent", "type")},
    }


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (FRAME.drop("sent"), "header_mismatch"),
        (FRAME.with_columns(more=pl.lit(1)), "header_mismatch"),
        (FRAME.rename({"sent": "Sent"}), "header_mismatch"),
        (FRAME.with_columns(pl.col("number").cast(pl.String)), "header_mismatch"),
        (FRAME.with_columns(pl.col("whole").cast(pl.Int8)), "header_mismatch"),
        (FRAME.with_columns(pl.col("seen").dt.replace_time_zone(None)), "header_mismatch"),
        (FRAME.with_columns(pl.struct("colour").alias("colour")), "wrong_format"),
        (FRAME.with_columns(pl.concat_list("weight").alias("weight")), "wrong_format"),
        (FRAME.clear(), "header_only"),
    ],
)
def test_columns_of_another_kind_are_a_fault_of_the_file(frame, code):
    assert checked(by_polars(frame), DATASET, "parcels/a.parquet").fault.code == code


def test_what_is_no_parquet_is_refused_with_advice():
    for body, code in (
        (b"", "empty_file"),
        (b"number,colour\n", "wrong_format"),
        (b"PAR1", "torn_parquet"),
        (WRITTEN["polars"][:-1], "torn_parquet"),
        (WRITTEN["polars"][:-4] + b"PARE", "wrong_format"),
    ):
        found = checked(body, DATASET, "parcels/a.parquet")
        assert found.fault.code == code
        assert found.fault.next_step
    assert checked(WRITTEN["polars"], parcels(Csv()), "parcels/a.csv").fault.code == "not_text"


@pytest.mark.parametrize("write", [by_polars, by_arrow])
def test_a_file_without_rows_is_said_to_have_none(write):
    found = checked(write(FRAME[:0]), DATASET, "parcels/a.parquet")
    assert found.fault.code == "header_only"


def test_a_column_with_a_name_of_its_own_is_found_by_it():
    frame = pl.DataFrame({"Unit Price (€)": ["1"], "b": ["x"]})
    assert checked(by_polars(frame), texts(["b", "Unit Price (€)"], Parquet()), "a.pq").good.rows() == [
        ("x", "1")
    ]


@pytest.mark.filterwarnings("ignore")
def test_wounded_files_come_to_a_verdict():
    chance = random.Random(11)
    body = by_polars(FRAME.head(60), row_group_size=25)
    for _ in range(250):
        wounded = bytearray(body)
        near = len(body) - 900 if chance.random() < 0.5 else 0
        at = chance.randrange(near, len(body))
        wounded[at] ^= 1 << chance.randrange(8)
        found = checked(bytes(wounded), DATASET, "parcels/a.parquet")
        assert found.fault or found.good.height + found.bad.height == 60


def test_a_footer_is_written_as_it_was_read():
    for body in WRITTEN.values():
        length = int.from_bytes(body[-8:-4], "little")
        footer = body[-8 - length : -8]
        struct, end = read_struct(footer)
        assert end == length
        assert write_struct(struct) == footer
        with pytest.raises(NotThrift):
            read_struct(footer[:-20])


def test_a_row_group_is_cut_by_rows_and_by_what_its_pages_unpack_to():
    even = [(100, 1000)] * 10
    assert cuts([even], 1000, 400, 10**9) == [0, 400, 800, 1000]
    assert cuts([even], 1000, 400, 2000) == [0, 200, 400, 600, 800, 1000]
    assert cuts([even, [(500, 0), (500, 50_000)]], 1000, 1000, 5000) == [0, 500, *range(545, 1000, 45), 1000]
    assert cuts([[(1, 10**6), (1, 10**6)]], 2, 100, 10) == [0, 1, 2]
    assert cuts([[(3, 0)]], 3, 100, 10) == [0, 3]
