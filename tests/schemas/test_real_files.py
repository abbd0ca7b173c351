"""Every real row of 2013 keeps its contract, but for one that no one would want."""

from __future__ import annotations

import pytest

from tidegate import find
from tidegate.contract.compile import plan_of

ROWS = {"airlines": 16, "airports": 1458, "flights": 336_776, "planes": 3322, "weather": 26_115}


def test_there_is_a_contract_for_each_real_file():
    assert set(ROWS) <= set(find.datasets())


@pytest.mark.parametrize("name", ROWS)
def test_rows_in_are_good_rows_and_bad_rows(real, name):
    verdict = real(name)
    assert verdict.fault is None
    assert verdict.good.height + verdict.bad.height == verdict.total_rows == ROWS[name]


@pytest.mark.parametrize("name", sorted(set(ROWS) - {"weather"}))
def test_every_real_row_keeps_its_contract(real, name):
    assert real(name).bad.height == 0


def test_the_one_bad_row_is_a_broken_wind_gauge_at_newark(real):
    bad = real("weather").bad
    assert bad.select("_row", "_line").rows() == [(1010, 1011)]
    assert bad["_raw"][0].startswith("EWR,2013,2,12,3,")
    assert [(why["column"], why["said"]) for why in bad["_reasons"][0]] == [
        ("wind_speed", "'1048.36058' breaks less_than_or_equal_to(254)")
    ]


@pytest.mark.parametrize("name", ROWS)
def test_no_contract_needs_a_slow_check(name):
    assert plan_of(find.dataset(name)).slow_checks == ()


@pytest.mark.parametrize("name", ROWS)
def test_published_rows_are_as_declared(real, name):
    dataset = find.dataset(name)
    good = real(name).good
    rows = dataset.transform(good) if dataset.transform else good
    dataset.table_row.validate(rows, lazy=True)
    assert list(rows.columns) == list(dataset.table_row.to_schema().columns)
    assert rows.height == good.height
