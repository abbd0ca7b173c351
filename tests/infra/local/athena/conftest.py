"""A local cloud with Athena plugged in, and a small lake in it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pyarrow as pa
import pyarrow.parquet
import pytest
from pyiceberg.catalog import load_catalog

from tests import clouds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.cloud import LocalCloud

BUCKET = "lake"
NAIVE = dt.datetime(2013, 1, 1, 5)  # noqa: DTZ001 - a column without a zone
RESULTS = f"s3://{BUCKET}/athena/"


@dataclass(frozen=True)
class Lake:
    """A running cloud with two tables, and a session that asks it."""

    cloud: LocalCloud
    session: boto3.Session
    snapshots: tuple[int, ...]

    def client(self, service: str) -> Any:
        return self.cloud.client(service)


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with clouds.running("lake", tmp_path_factory.mktemp("athena")) as cloud:
        yield _filled(cloud)


def _filled(cloud: LocalCloud) -> Lake:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    cloud.client("glue").create_database(DatabaseInput={"Name": "tides"})
    _plain_tables(cloud)
    return Lake(cloud, boto3.Session(region_name="eu-west-1"), _flights(cloud.endpoint))


def _flights(endpoint: str) -> tuple[int, ...]:
    catalog = load_catalog("glue", type="glue", **{"glue.endpoint": endpoint, "s3.endpoint": endpoint})
    rows = pa.table(
        {
            "carrier": ["UA", "B6", None],
            "number": pa.array([1, 2, 3], pa.int32()),
            "delay": pa.array([12.5, -3.0, None], pa.float64()),
            "day": [dt.date(2013, 1, 1), dt.date(2013, 1, 2), dt.date(2013, 2, 1)],
            "left_at": pa.array([NAIVE, None, NAIVE.replace(month=2)], pa.timestamp("us")),
            "seen_at": pa.array([NAIVE] * 3, pa.timestamp("us", "UTC")),
            "note": ['said "hi", twice', "", None],
        }
    )
    table = catalog.create_table("tides.flights", rows.schema, location=f"s3://{BUCKET}/tables/flights")
    table.append(rows)
    first = table.current_snapshot()
    table.append(rows.slice(0, 1))
    second = table.current_snapshot()
    assert first is not None
    assert second is not None
    return first.snapshot_id, second.snapshot_id


def _plain_tables(cloud: LocalCloud) -> None:
    s3, glue = cloud.client("s3"), cloud.client("glue")
    s3.put_object(Bucket=BUCKET, Key="csv/a.csv", Body=b"code,feet\nJFK,13\nLGA,x\n")
    lazy = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
    _table(glue, "airports", "csv", [("code", "string"), ("feet", "int")], lazy, "text",
           {"field.delim": ",", "skip.header.line.count": "1"})  # fmt: skip
    out = pa.BufferOutputStream()
    pa.parquet.write_table(pa.table({"name": ["x", "y"], "size": [1, 2]}), out)
    s3.put_object(Bucket=BUCKET, Key="parquet/year=2013/a.parquet", Body=out.getvalue().to_pybytes())
    parquet = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
    _table(glue, "planes", "parquet", [("name", "string"), ("size", "bigint")], parquet, "parquet", {},
           [("year", "int")])  # fmt: skip
    glue.create_partition(
        DatabaseName="tides",
        TableName="planes",
        PartitionInput={
            "Values": ["2013"],
            "StorageDescriptor": {"Location": f"s3://{BUCKET}/parquet/year=2013/"},
        },
    )


def _table(
    glue: Any,
    name: str,
    prefix: str,
    columns: list[tuple[str, str]],
    serde: str,
    input_format: str,
    serde_parameters: dict[str, str],
    keys: list[tuple[str, str]] = [],  # noqa: B006 - never changed
) -> None:
    glue.create_table(
        DatabaseName="tides",
        TableInput={
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": [{"Name": key, "Type": of} for key, of in keys],
            "StorageDescriptor": {
                "Columns": [{"Name": column, "Type": of} for column, of in columns],
                "Location": f"s3://{BUCKET}/{prefix}/",
                "InputFormat": input_format,
                "SerdeInfo": {"SerializationLibrary": serde, "Parameters": serde_parameters},
            },
        },
    )
