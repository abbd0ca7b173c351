"""Athena as its clients see it: boto3, awswrangler and PyAthena against the local cloud."""

from __future__ import annotations

import datetime as dt
import json
import time
import warnings
from typing import Any

import awswrangler as wr
import boto3
import pytest
from pyathena import connect
from pyathena.pandas.cursor import PandasCursor

from tests.infra.local.athena.conftest import BUCKET, RESULTS, Lake


def finished(lake: Lake, sql: str, **more: Any) -> dict[str, Any]:
    athena = lake.client("athena")
    request = {
        "QueryString": sql,
        "QueryExecutionContext": {"Database": "tides"},
        "ResultConfiguration": {"OutputLocation": RESULTS},
        **more,
    }
    started = athena.start_query_execution(**request)["QueryExecutionId"]
    while True:
        found = athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]
        if found["Status"]["State"] in ("SUCCEEDED", "FAILED", "CANCELLED"):
            return found
        time.sleep(0.02)


def rows(lake: Lake, sql: str, **more: Any) -> list[list[str | None]]:
    found = finished(lake, sql, **more)
    assert found["Status"]["State"] == "SUCCEEDED", found["Status"]
    said = lake.client("athena").get_query_results(QueryExecutionId=found["QueryExecutionId"])
    listed = [[cell.get("VarCharValue") for cell in row["Data"]] for row in said["ResultSet"]["Rows"]]
    return listed[1:] if found["StatementType"] == "DML" else listed


def reason(lake: Lake, sql: str) -> str:
    found = finished(lake, sql)
    assert found["Status"]["State"] == "FAILED"
    return str(found["Status"]["StateChangeReason"])


def test_the_result_lies_as_csv_under_the_query_id_with_everything_quoted_and_nulls_empty(lake: Lake) -> None:
    columns = "carrier, number, delay, day, left_at, note"
    sql = f"SELECT {columns} FROM flights WHERE day > DATE '2013-01-01' ORDER BY number"
    found = finished(lake, sql)
    location = found["ResultConfiguration"]["OutputLocation"]
    assert location == f"{RESULTS}{found['QueryExecutionId']}.csv"
    s3 = lake.client("s3")
    key = location.removeprefix(f"s3://{BUCKET}/")
    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode() == (
        '"carrier","number","delay","day","left_at","note"\n'
        '"B6","2","-3.0","2013-01-02",,""\n'
        ',"3",,"2013-02-01","2013-02-01 05:00:00.000",\n'
    )
    assert s3.head_object(Bucket=BUCKET, Key=f"{key}.metadata")


def test_awswrangler_reads_a_table_with_its_types(lake: Lake) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = wr.athena.read_sql_query(
            "SELECT * FROM flights ORDER BY number", database="tides", ctas_approach=False, s3_output=RESULTS,
            boto3_session=lake.session,
        )  # fmt: skip
    assert len(frame) == 4
    assert str(frame.dtypes["number"]) == "Int32"
    assert str(frame.dtypes["left_at"]).startswith("datetime64")
    assert frame["day"].iloc[0] == dt.date(2013, 1, 1)
    assert frame["note"].iloc[0] == 'said "hi", twice'


def test_pyathena_reads_by_its_default_cursor_and_by_its_pandas_cursor(lake: Lake) -> None:
    with connect(s3_staging_dir=RESULTS, region_name="eu-west-1", schema_name="tides") as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT carrier, delay, seen_at FROM flights WHERE number = 1")
        first = cursor.fetchone()
        assert first[:2] == ("UA", 12.5)
        assert first[2] == dt.datetime(2013, 1, 1, 5, tzinfo=dt.UTC)
        frame = (
            connection.cursor(PandasCursor)
            .execute("SELECT number, delay FROM flights ORDER BY 1")
            .as_pandas()
        )
        assert frame["number"].tolist() == [1, 1, 2, 3]


def test_parameters_fill_the_question_marks_in_order(lake: Lake) -> None:
    sql = "SELECT number FROM flights WHERE carrier = ? AND day >= ? LIMIT 1"
    assert rows(lake, sql, ExecutionParameters=["'UA'", "DATE '2013-01-01'"]) == [["1"]]
    failed = finished(lake, sql, ExecutionParameters=["'UA'"])
    assert "Incorrect number of parameters" in failed["Status"]["StateChangeReason"]


def test_a_past_snapshot_is_read_by_its_id_and_by_its_time(lake: Lake) -> None:
    first, second = lake.snapshots
    count = "SELECT count(*) FROM flights FOR VERSION AS OF"
    assert rows(lake, f"{count} {first}") == [["3"]]
    assert rows(lake, f"{count} {second}") == [["4"]]
    at = rows(lake, f'SELECT committed_at FROM "flights$snapshots" WHERE snapshot_id = {first}')[0][0]
    assert at is not None
    later = rows(
        lake, f"SELECT count(*) FROM flights FOR TIMESTAMP AS OF TIMESTAMP '{at.removesuffix(' UTC')}999 UTC'"
    )
    assert later == [["3"]]
    assert rows(lake, 'SELECT count(*) FROM "flights$files"') == [["2"]]
    assert len(rows(lake, 'SELECT * FROM "flights$history"')) == 2
    assert "snapshot ID" in reason(lake, f"{count} 7")


def test_csv_and_partitioned_parquet_tables_are_read_with_the_catalogues_types(lake: Lake) -> None:
    assert rows(lake, "SELECT code, feet FROM airports ORDER BY code") == [["JFK", "13"], ["LGA", None]]
    assert rows(lake, "SELECT name, year + 1 FROM planes WHERE year = 2013 ORDER BY size") == [
        ["x", "2014"],
        ["y", "2014"],
    ]
    assert rows(lake, "SELECT count(*) FROM planes") == [["2"]]


def test_tables_join_each_other_and_with_clauses_shadow_tables(lake: Lake) -> None:
    sql = """
        WITH flights AS (SELECT number, carrier FROM tides.flights WHERE number < 3),
             twice AS (SELECT f.carrier, g.number FROM flights f JOIN flights g ON f.number = g.number)
        SELECT carrier, count(*) AS n, count(*) FROM twice GROUP BY 1 ORDER BY 1"""
    assert rows(lake, sql) == [["B6", "1", "1"], ["UA", "4", "4"]]


def test_a_column_without_a_name_is_called_after_its_place(lake: Lake) -> None:
    found = finished(lake, "SELECT 1, number AS Number, 2 + 3 FROM flights LIMIT 1")
    said = lake.client("athena").get_query_results(QueryExecutionId=found["QueryExecutionId"])
    names = [column["Name"] for column in said["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]]
    assert names == ["_col0", "number", "_col2"]


def test_results_come_in_pages(lake: Lake) -> None:
    found = finished(lake, "SELECT x FROM UNNEST(sequence(1, 2500)) AS t(x)")
    pages = lake.client("athena").get_paginator("get_query_results").paginate(
        QueryExecutionId=found["QueryExecutionId"], PaginationConfig={"PageSize": 1000}
    )  # fmt: skip
    values = [row["Data"][0]["VarCharValue"] for page in pages for row in page["ResultSet"]["Rows"]]
    assert values[:2] == ["x", "1"]
    assert values[-1] == "2500"
    assert len(values) == 2501


def test_show_and_describe_say_what_the_catalogue_holds(lake: Lake) -> None:
    assert rows(lake, "SHOW TABLES IN tides") == [["airports"], ["flights"], ["planes"]]
    assert rows(lake, "SHOW TABLES 'fl*'") == [["flights"]]
    assert ["tides"] in rows(lake, "SHOW DATABASES")
    assert [row[0].strip() for row in rows(lake, "SHOW COLUMNS IN planes") if row[0]] == [
        "name",
        "size",
        "year",
    ]
    assert "bigint" in str(rows(lake, "DESCRIBE tides.planes"))
    assert rows(lake, "EXPLAIN SELECT * FROM flights")


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("INSERT INTO flights SELECT * FROM flights", "INSERT"),
        ("CREATE TABLE x AS SELECT 1", "CREATE TABLE"),
        ("UNLOAD (SELECT 1) TO 's3://x/' WITH (format = 'PARQUET')", "UNLOAD"),
        ("MSCK REPAIR TABLE flights", "MSCK"),
        ("ATTACH '/tmp/x.db'", "ATTACH"),
        ("COPY flights TO '/tmp/x'", "COPY"),
        ("PRAGMA database_list", "PRAGMA"),
        ("SET x = 1", "SET"),
        ("DROP TABLE flights", "DROP"),
        ("OPTIMIZE flights REWRITE DATA USING BIN_PACK", "OPTIMIZE"),
        ("SELECT * FROM read_csv('/etc/passwd')", "READ_CSV"),
        ("SELECT read_text('/etc/passwd')", "read_text"),
        ("SELECT getenv('HOME')", "getenv"),
        ("SELECT * FROM '/etc/passwd'", "passwd"),
        ('SELECT * FROM "/etc/passwd"', "TABLE_NOT_FOUND"),
        ("SELECT * FROM duckdb_settings()", "duckdb_settings"),
        ("SELECT 1; SELECT 2", "Only one"),
        ("SELECT nonsense FROM flights", "nonsense"),
        ("SELECT * FROM nowhere", "nowhere"),
        ("SELEKT 1", "SELEKT"),
        ("SELECT 1 / 0", "DIVISION_BY_ZERO"),
    ],
)
def test_what_is_not_reading_a_table_fails_and_names_itself(lake: Lake, sql: str, named: str) -> None:
    assert named.lower() in reason(lake, sql).lower()


def test_an_enforced_workgroup_decides_where_results_go(lake: Lake) -> None:
    athena = lake.client("athena")
    own = f"s3://{BUCKET}/own"
    athena.create_work_group(
        Name="small",
        Configuration={
            "ResultConfiguration": {"OutputLocation": own},
            "BytesScannedCutoffPerQuery": 10_000_000,
        },
    )
    assert athena.get_work_group(WorkGroup="small")["WorkGroup"]["Configuration"][
        "EnforceWorkGroupConfiguration"
    ]
    found = finished(lake, "SELECT * FROM flights", WorkGroup="small")
    assert found["ResultConfiguration"]["OutputLocation"] == f"{own}/{found['QueryExecutionId']}.csv"
    assert found["Statistics"]["DataScannedInBytes"] > 1000
    assert found["QueryExecutionId"] in athena.list_query_executions(WorkGroup="small")["QueryExecutionIds"]
    with pytest.raises(athena.exceptions.InvalidRequestException, match="No output location"):
        athena.start_query_execution(QueryString="SELECT 1")


def test_one_token_starts_one_query(lake: Lake) -> None:
    token = "0123456789012345678901234567890123456789"
    first = finished(lake, "SELECT 1", ClientRequestToken=token)
    assert (
        finished(lake, "SELECT 1", ClientRequestToken=token)["QueryExecutionId"] == first["QueryExecutionId"]
    )
    batch = lake.client("athena").batch_get_query_execution(
        QueryExecutionIds=[first["QueryExecutionId"], "no"]
    )
    assert len(batch["QueryExecutions"]) == 1
    assert batch["UnprocessedQueryExecutionIds"][0]["QueryExecutionId"] == "no"


def test_a_long_query_can_be_stopped(lake: Lake) -> None:
    athena = lake.client("athena")
    many = "UNNEST(sequence(1, 200000))"
    sql = f"SELECT count(*) FROM {many} a(x) CROSS JOIN {many} b(y) WHERE x * y % 7 = 3"
    started = athena.start_query_execution(QueryString=sql, ResultConfiguration={"OutputLocation": RESULTS})
    time.sleep(0.3)
    athena.stop_query_execution(**{"QueryExecutionId": started["QueryExecutionId"]})
    found = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])["QueryExecution"]
    assert found["Status"]["State"] == "CANCELLED"


def test_a_query_reads_with_the_callers_rights_and_no_others(lake: Lake) -> None:
    iam = lake.client("iam")
    iam.create_user(UserName="reader")
    statement = {"Effect": "Allow", "Action": ["athena:*", "glue:*"], "Resource": "*"}
    allowed = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=allowed)
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    athena = boto3.client(
        "athena",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        region_name="eu-west-1",
    )
    started = athena.start_query_execution(
        QueryString="SELECT * FROM tides.airports", ResultConfiguration={"OutputLocation": RESULTS}
    )["QueryExecutionId"]
    status: dict[str, Any] = {"State": ""}
    while status["State"] not in ("SUCCEEDED", "FAILED"):
        status = athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]
    assert status["State"] == "FAILED"
    assert "AccessDenied" in status["StateChangeReason"]
