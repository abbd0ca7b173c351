"""Rows of a prediction request against the contract of the files."""

from __future__ import annotations

import sys
import time

import polars as pl
import pytest

from tidegate.contract.requests import check_rows

GOOD = {"number": 1, "colour": "red", "weight": 12, "owner": None}


def found(verdict):
    return {(error.row, error.column, error.check) for error in verdict.errors}


def test_good_rows_come_back_typed_in_the_contracts_order(parcels):
    verdict = check_rows(
        [{"weight": 12, "number": 1}, {"number": 2, "weight": 0.5}], parcels, ("weight", "number")
    )
    assert verdict.errors == ()
    assert dict(verdict.rows.schema) == {"number": pl.Int32, "weight": pl.Float64}
    assert verdict.rows.rows() == [(1, 12.0), (2, 0.5)]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"colour": "green"}, (0, "colour", "isin")),
        ({"number": None}, (0, "number", "not_null")),
        ({"number": "1"}, (0, "number", "type")),
        ({"number": 1.0}, (0, "number", "type")),
        ({"number": True}, (0, "number", "type")),
        ({"number": 2**40}, (0, "number", "type")),
        ({"number": 2**80}, (0, "number", "type")),
        ({"number": [1]}, (0, "number", "type")),
        ({"weight": float("nan")}, (0, "weight", "type")),
        ({"weight": -1}, (0, "weight", "greater_than")),
        ({"weight": "12"}, (0, "weight", "type")),
        ({"colour": 1}, (0, "colour", "type")),
        ({"colour": {"a": 1}}, (0, "colour", "type")),
        ({"weight": 2}, (0, "", "red_is_heavy")),
        ({"shape": "round"}, (0, "shape", "unknown")),
    ],
)
def test_what_breaks_the_contract_is_named_by_row_column_and_check(parcels, change, error):
    verdict = check_rows([{**GOOD, **change}], parcels, parcels.schema().columns)
    assert error in found(verdict)
    assert verdict.rows.height == 0


def test_a_missing_column_is_named(parcels):
    verdict = check_rows([GOOD, {"number": 2}], parcels, ("number", "colour"))
    assert (1, "colour", "missing") in found(verdict)


def test_a_row_that_is_no_object_is_named(parcels):
    assert found(check_rows([[1, 2]], parcels, ("number",))) == {(0, "", "object")}  # type: ignore[list-item]


def test_a_null_spelling_of_the_files_is_nothing_in_a_request_too(parcels):
    assert check_rows([{"colour": "NA"}], parcels, ("colour",)).rows.row(0) == (None,)


def test_a_personal_value_is_in_no_error(parcels):
    for value in ("secretive", 12345, ["secretive"]):
        verdict = check_rows([{"owner": value}], parcels, ("owner",))
        assert verdict.errors
        assert "secret" not in str(verdict.errors)
        assert "12345" not in str(verdict.errors)


def test_half_a_surrogate_pair_is_no_text(parcels):
    (error,) = check_rows([{"colour": "\ud800"}], parcels, ("colour",)).errors
    assert (error.column, error.check) == ("colour", "type")


def test_lists_within_lists_are_named_however_deep_they_are(parcels):
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    verdict = check_rows([{**GOOD, "colour": deep}], parcels, parcels.schema().columns)
    assert found(verdict) == {(0, "colour", "type")}
    while deep:  # to free them all at once would be as deep
        deep = deep[0]


def test_no_more_than_a_hundred_errors_are_told(parcels):
    assert len(check_rows([{"colour": "x"}] * 500, parcels, ("colour",)).errors) == 100


def test_a_row_is_checked_within_milliseconds(parcels):
    columns = tuple(parcels.schema().columns)
    check_rows([GOOD], parcels, columns)
    started = time.process_time()
    for _ in range(50):
        check_rows([GOOD], parcels, columns)
    assert (time.process_time() - started) / 50 < 0.01  # one is measured; ten leave room for a busy machine


def test_the_modules_of_the_engine_ask_for_no_pandas():
    for name in ("engine", "requests", "compile", "reasons", "reading.texts", "reading.structure"):
        module = sys.modules[f"tidegate.contract.{name}"]
        assert not hasattr(module, "pd")
        assert not hasattr(module, "pandas")
