"""A file as a whole keeps rules: how many rows, how many of them bad, how fresh."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import pandera.polars as pa
import polars as pl  # noqa: TC002 - pandera reads the annotations when it runs
import pytest

from tidegate.contract.declare import BadShare, Dataset, Freshness, RowCount, Severity, column
from tidegate.contract.in_memory import check_in_memory
from tidegate.contract.source import Limits
from tidegate.errors import ContractMistake

LANDED = datetime(2024, 3, 10, 12, tzinfo=UTC)
WARN = Severity.WARN


class Visit(pa.DataFrameModel):
    id: int = column(ge=1)
    day: pl.Date = column(nullable=True)
    at: Annotated[pl.Datetime, "us", "UTC"] = column(nullable=True)
    local: pl.Datetime("us") = column(nullable=True)  # type: ignore[valid-type]


def visits(*rules: Any) -> Dataset:
    return Dataset(name="visits", description="", row=Visit, key=("id",), file_rules=rules)


def checked(dataset: Dataset, *rows: str, landed_at: datetime | None = LANDED, **more: Any) -> Any:
    body = "id,day,at,local\n" + "".join(f"{row}\n" for row in rows)
    return check_in_memory(body.encode(), dataset, landed_at=landed_at, **more).verdict


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (1, "it has 1 rows, and at least 2 are due"),
        (2, ""),
        (3, ""),
        (4, "it has 4 rows, and at most 3 are allowed"),
    ],
)
def test_a_file_has_as_many_rows_as_are_due(rows, words):
    got = checked(visits(RowCount(least=2, most=3)), *(f"{n},,," for n in range(1, rows + 1)))
    if words:
        assert got.fault.code == "rule_refuses_file"
        assert words in got.fault.what
        assert "row_count" in got.fault.what
    else:
        assert got.fault is None


def test_a_share_of_bad_rows_refuses_a_file_however_small():
    rule = visits(BadShare(most=0.25))
    assert checked(rule, "0,,,", "1,,,", "2,,,", "3,,,").fault is None
    refused = checked(rule, "0,,,", "-1,,,", "2,,,", "3,,,")
    assert refused.fault.code == "rule_refuses_file"
    assert "2 of 4 rows are bad, more than a share of 0.25" in refused.fault.what


@pytest.mark.parametrize(
    ("column_", "value", "fresh"),
    [
        ("at", "2024-03-10T11:00:00Z", True),
        ("at", "2024-03-08T12:00:00Z", True),
        ("at", "2024-03-08T11:59:59Z", False),
        ("local", "2024-03-08T12:00:00", True),
        ("local", "2024-03-08T11:59:59", False),
        ("day", "2024-03-08", True),  # until its end
        ("day", "2024-03-07", False),
    ],
)
def test_the_newest_value_tells_how_fresh_a_file_is(column_, value, fresh):
    rule = visits(Freshness(column=column_, within=timedelta(days=2)))
    at = {"day": 1, "at": 2, "local": 3}[column_]
    rows = [
        ",".join([str(n), *(value if at == i and n == 3 else "" for i in (1, 2, 3))]) for n in range(1, 6)
    ]
    fault = checked(rule, *rows, limits=Limits(piece_bytes=64)).fault
    assert (fault is None) is fresh
    if fault:
        assert f"freshness: the newest {column_} is" in fault.what


def test_a_file_without_any_such_value_is_not_fresh():
    fault = checked(visits(Freshness(column="day", within=timedelta(days=2))), "1,,,").fault
    assert "no good row says day" in fault.what


def test_freshness_is_not_judged_of_a_file_that_never_landed():
    rule = visits(Freshness(column="day", within=timedelta(days=2)))
    assert checked(rule, "1,1999-01-01,,", landed_at=None).fault is None


def test_a_file_rule_that_warns_publishes_and_tells():
    rules = (
        RowCount(least=5, severity=WARN),
        BadShare(most=0.1, severity=WARN),
        Freshness(column="day", within=timedelta(days=1), severity=WARN),
    )
    got = checked(visits(*rules), "1,2024-01-01,,", "0,,,")
    assert got.fault is None
    assert got.good_rows == 1
    said = {rule: examples[0].said for rule, examples in got.warnings.examples.items()}
    assert set(said) == {("", "row_count"), ("", "bad_share"), ("day", "freshness")}
    assert "older than the file" in said["day", "freshness"]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (RowCount(least=3, most=2), "no number of rows fits"),
        (RowCount(least=-1), "no number of rows fits"),
        (RowCount(severity=Severity.QUARANTINE), "cannot quarantine rows"),
        (BadShare(most=1.5), "share of 1.5"),
        (Freshness(column="id", within=timedelta(1)), "no date or timestamp"),
        (Freshness(column="nowhere", within=timedelta(1)), "no date or timestamp"),
    ],
)
def test_an_unsound_file_rule_is_refused_where_it_is_declared(rule, words):
    with pytest.raises(ContractMistake, match=words):
        visits(rule)
