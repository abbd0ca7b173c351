"""Types survive their way through a card and through JSON."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from tidegate.errors import ContractMistake
from tidegate.models.columns import as_named, from_rows, name_of

UTC = pl.Datetime("us", "UTC")


@pytest.mark.parametrize(
    ("dtype", "name"),
    [
        (UTC, "moment"),
        (pl.Datetime("ms"), "time"),
        (pl.Int8(), "whole"),
        (pl.Float32(), "number"),
        (pl.String(), "text"),
        (pl.Date(), "date"),
        (pl.Boolean(), "truth"),
    ],
)
def test_each_type_that_a_contract_has_is_named(dtype: pl.DataType, name: str) -> None:
    assert name_of(dtype) == name


def test_a_type_that_no_model_reads_is_refused_by_its_name() -> None:
    with pytest.raises(ContractMistake, match="List"):
        name_of(pl.List(pl.Int64()))


@pytest.mark.parametrize(
    "text", ["2013-01-01T12:00:00Z", "2013-01-01T12:00:00+00:00", "2013-01-01T14:00:00.000000+02:00"]
)
def test_a_moment_written_as_text_is_that_moment(text: str) -> None:
    made = from_rows([{"at": text}], {"at": "moment"})
    assert made["at"].to_list() == [dt.datetime(2013, 1, 1, 12, tzinfo=dt.UTC)]


def test_numbers_come_as_their_column_has_them_and_what_is_no_moment_is_nothing() -> None:
    made = from_rows([{"a": 1, "b": 2}, {"a": 0.5}], {"a": "number", "b": "whole"})
    assert made.rows() == [(1.0, 2), (0.5, None)]
    assert from_rows([{"at": "yesterday"}], {"at": "moment"})["at"].to_list() == [None]
    noon = from_rows([{"at": "2013-01-01T12:00:00"}], {"at": "time"})["at"].item()
    assert noon == dt.datetime(2013, 1, 1, 12)  # noqa: DTZ001 - a time without a zone
    assert from_rows([{"on": "2013-01-01"}], {"on": "date"})["on"].item() == dt.date(2013, 1, 1)


def test_a_column_that_begins_with_hundreds_of_nothings_keeps_its_type() -> None:
    made = from_rows([{}] * 400 + [{"a": "text", "b": 1}], {"a": "text", "b": "number"})
    assert made.schema == {"a": pl.String, "b": pl.Float64}
    assert made.row(-1) == ("text", 1.0)


def test_a_missing_column_and_a_missing_value_are_null() -> None:
    made = from_rows([{"a": 1}, {}], {"a": "whole", "b": "text"})
    assert made.to_dict(as_series=False) == {"a": [1, None], "b": [None, None]}
    assert as_named(pl.DataFrame({"a": [1]}), {"b": "number"}).schema == {"b": pl.Float64}
