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


def test_a_missing_column_and_a_missing_value_are_null() -> None:
    made = from_rows([{"a": 1}, {}], {"a": "whole", "b": "text"})
    assert made.to_dict(as_series=False) == {"a": [1, None], "b": [None, None]}
    assert as_named(pl.DataFrame({"a": [1]}), {"b": "number"}).schema == {"b": pl.Float64}
