"""The engine alone: Trino's meaning, shut in, and within its limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest

from infra.local.athena.access import Access
from infra.local.athena.engine import Query, run
from infra.local.athena.failures import QueryFailed, ScanLimitExceeded

if TYPE_CHECKING:
    from tests.infra.local.athena.conftest import Lake

NOBODY = Access(boto3.Session(region_name="eu-west-1"), "http://127.0.0.1:9")


def value(expression: str) -> str | None:
    result = run(Query(f"SELECT {expression} FROM (VALUES 1, 2, 3) AS t(x)"), NOBODY)
    found: str | None = result.rows.column(0)[0].as_py()
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("date_parse('2020-01-02 03:04:05', '%Y-%m-%d %H:%i:%s')", "2020-01-02 03:04:05.000"),
        ("from_iso8601_timestamp('2020-01-02T03:04:05Z')", "2020-01-02 03:04:05.000 UTC"),
        ("from_iso8601_date('2020-01-02')", "2020-01-02"),
        ("approx_distinct(x)", "3"),
        ("date_add('day', 3, DATE '2020-01-01')", "2020-01-04"),
        ("date_add('hour', -2, TIMESTAMP '2020-01-01 00:00:00')", "2019-12-31 22:00:00.000"),
        ("date_add('month', x, DATE '2020-01-31')", "2020-02-29"),
        ("DATE '2020-01-01' + INTERVAL '1' MONTH", "2020-02-01"),
        ("date_diff('month', DATE '2020-01-31', DATE '2020-02-28')", "0"),
        ("date_diff('day', DATE '2020-01-01', DATE '2020-02-01')", "31"),
        ('json_extract_scalar(\'{"a":{"b":"x"}}\', \'$.a.b\')', "x"),
        ("regexp_like('abc', 'b')", "true"),
        ("regexp_extract('abc', 'b(c)', 1)", "c"),
        ("regexp_extract('abc', 'z')", None),
        ("regexp_replace('abcb', 'b', 'x')", "axcx"),
        ("element_at(ARRAY[1, 2], 3)", None),
        ("element_at(MAP(ARRAY['a'], ARRAY[1]), 'a')", "1"),
        ("to_unixtime(TIMESTAMP '2020-01-01 00:00:00')", "1577836800.0"),
        ("from_unixtime(1577836800)", "2020-01-01 00:00:00.000 UTC"),
        ("approx_percentile(x, 0.5)", "2"),
        ("format_datetime(TIMESTAMP '2020-01-01 13:00:00', 'yyyy-MM-dd''T''HH:mm')", "2020-01-01T13:00"),
        ("parse_datetime('2020-01-01', 'yyyy-MM-dd')", "2020-01-01 00:00:00.000 UTC"),
        ("date_format(TIMESTAMP '2020-01-01 00:00:00', '%Y/%m')", "2020/01"),
        ("transform(ARRAY[1, 2], v -> v + 1)", "[2, 3]"),
        ("filter(ARRAY[1, 2], v -> v > 1)", "[2]"),
        ("reduce(ARRAY[1, 2], 0, (s, v) -> s + v, s -> s * 10)", "30"),
        ("any_match(ARRAY[1, 2], v -> v > 1)", "true"),
        ("none_match(ARRAY[1, 2], v -> v > 1)", "false"),
        ("sequence(1, 3)", "[1, 2, 3]"),
        ("sequence(DATE '2020-01-01', DATE '2020-01-02', INTERVAL '1' DAY)", "[2020-01-01, 2020-01-02]"),
        ("at_timezone(TIMESTAMP '2020-01-01 00:00:00 UTC', 'America/New_York')", "2019-12-31 19:00:00.000"),
        ("with_timezone(TIMESTAMP '2020-01-01 00:00:00', 'America/New_York')", "2020-01-01 05:00:00.000 UTC"),
        ("date_trunc('month', DATE '2020-01-15')", "2020-01-01"),
        ("year(DATE '2020-01-15')", "2020"),
        ("day_of_week(DATE '2020-01-19')", "7"),
        ("count_if(x > 1)", "2"),
        ("sum(x)", "6"),
        ("avg(x)", "2.0"),
        ("7 / 2", "3"),
        ("7.0 / 2", "3.5"),
        ("try(1 / 0)", None),
        ("try_cast('x' AS integer)", None),
        ("map_agg(x, x * 2)", "{1=2, 2=4, 3=6}"),
        ("cardinality(ARRAY[1, 2])", "2"),
        ("split('a,b', ',')", "[a, b]"),
        ("array_join(array_agg(x ORDER BY x DESC), '-')", "3-2-1"),
        ("row_number() OVER (ORDER BY x)", "1"),
        ("CAST(ROW(1, 'a') AS ROW(n integer, s varchar))", "{n=1, s=a}"),
        ("X'0a0b'", "0a 0b"),
        ("nan()", "NaN"),
        ("format('%s-%03d', 'a', 7)", "a-007"),
        ("url_extract_host('https://a.b/c')", "a.b"),
    ],
)
def test_a_trino_expression_means_what_it_means_in_trino(expression: str, expected: str | None) -> None:
    assert value(expression) == expected


def test_a_field_of_a_date_pattern_that_is_unknown_is_named() -> None:
    with pytest.raises(QueryFailed, match="'Q'"):
        value("format_datetime(now(), 'Q')")


def test_a_query_that_would_read_more_than_its_limit_reads_nothing(lake: Lake) -> None:
    access = Access(lake.session, lake.cloud.endpoint)
    with pytest.raises(ScanLimitExceeded, match="Bytes scanned limit was exceeded"):
        run(Query("SELECT * FROM flights", "tides", scan_limit=1000), access)


def test_a_condition_on_a_column_spares_reading_the_files_that_cannot_match(lake: Lake) -> None:
    access = Access(lake.session, lake.cloud.endpoint)
    every = run(Query("SELECT number FROM flights", "tides"), access)
    some = run(
        Query("SELECT number FROM flights f WHERE f.day >= DATE '2013-01-15' AND 2 < number", "tides"), access
    )
    assert some.rows.column(0).to_pylist() == ["3"]
    assert 0 < some.scanned < every.scanned
