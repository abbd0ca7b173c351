"""The snapshot step reads tables as they stood, through Athena, with the types of their contracts."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from pyiceberg.catalog import load_catalog

from tests.pipelines import real
from tests.tidegate.models.test_gating import RUN
from tidegate import find
from tidegate.errors import Refused
from tidegate.models.columns import as_named, name_of
from tidegate.models.snapshot import OBJECT_ID, snapshot, split

if TYPE_CHECKING:
    from infra.local.cloud import LocalCloud

ROOT = Path(__file__).resolve().parents[3]
MODEL = find.model("flight_delay")


@dataclass(frozen=True)
class Lake:
    """Published tables on a local cloud, and the snapshots that are meant."""

    environment: dict[str, str]
    snapshots: dict[str, str]
    flights: pl.DataFrame  # as they stood in that snapshot


@pytest.fixture(scope="module")
def tables(cloud: LocalCloud) -> Lake:
    return filled(cloud)


def filled(cloud: LocalCloud) -> Lake:
    region = {"LocationConstraint": "eu-west-1"}
    cloud.client("s3").create_bucket(Bucket="snap", CreateBucketConfiguration=region)
    cloud.client("glue").create_database(DatabaseInput={"Name": "snap"})
    place = {"ResultConfiguration": {"OutputLocation": "s3://snap/athena/"}}
    enforced = {**place, "EnforceWorkGroupConfiguration": True}
    cloud.client("athena").create_work_group(Name="snap", Configuration=enforced)
    flights = real.flights().sample(400, seed=3)
    snapshots = {
        "flights": publish(cloud, "flights", flights, more=real.flights().head(50)),
        "weather": publish(cloud, "weather", real.weather().head(500)),
        "planes": publish(cloud, "planes", real.planes().head(100)),
    }
    return Lake(cloud.environment(), snapshots, flights)


def publish(cloud: LocalCloud, name: str, rows: pl.DataFrame, more: pl.DataFrame | None = None) -> str:
    """Write a table, and later rows that the snapshot does not have."""
    at = {"glue.endpoint": cloud.endpoint, "s3.endpoint": cloud.endpoint}
    catalog = load_catalog("glue", type="glue", **at)
    arrow = rows.with_columns(pl.lit("f" * 32).alias(OBJECT_ID)).to_arrow(
        compat_level=pl.CompatLevel.oldest()
    )
    table = catalog.create_table(f"snap.{name}", arrow.schema, location=f"s3://snap/tables/{name}")
    table.append(arrow)
    meant = table.current_snapshot()
    assert meant is not None
    if more is not None:
        later = more.with_columns(pl.lit("e" * 32).alias(OBJECT_ID))
        table.append(later.to_arrow(compat_level=pl.CompatLevel.oldest()))
    return str(meant.snapshot_id)


def test_the_snapshot_job_writes_what_the_tables_held_then(tables: Lake, tmp_path: Path) -> None:
    record = dataclasses.replace(RUN, tables=tables.snapshots)
    told = tmp_path / "processing" / "run" / "run.json"
    told.parent.mkdir(parents=True)
    told.write_text(record.to_json())
    environment = {
        **os.environ,
        **tables.environment,
        "SAGEMAKER_BASE_DIR": str(tmp_path),
        "TIDEGATE_DATABASE": "snap",
        "TIDEGATE_WORKGROUP": "snap",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
    }
    command = [sys.executable, "-m", "tidegate.models.container", "snapshot"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    data = tmp_path / "processing" / "data"
    parts = [pl.read_parquet(data / part / "rows.parquet") for part in ("train", "test")]
    key = ["scheduled_departure", "carrier", "flight", "origin"]
    expected = split(
        MODEL, as_named(tables.flights, {n: name_of(t) for n, t in tables.flights.schema.items()})
    )
    for part, meant in zip(parts, expected, strict=True):
        assert_frame_equal(part.sort(key), meant.sort(key))
    assert pl.read_parquet(data / "lookups" / "weather.parquet").height == 500
    assert json.loads((data / "test" / "material.json").read_text())["sources"]["flights"] == ["f" * 32]


def test_rows_of_one_moment_cannot_be_split() -> None:
    with pytest.raises(Refused, match="0 rows to learn from"):
        split(MODEL, real.flights().head(1))
    with pytest.raises(Refused, match="Land rows"):
        split(MODEL, real.flights().clear())


def test_a_slice_that_is_no_column_of_the_table_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    odd = dataclasses.replace(MODEL, slices=("carrier", "nonsense"))
    with pytest.raises(Refused, match="nonsense, which the table flights does not have"):
        snapshot(odd, find.datasets(), RUN, lambda _table, _snapshot: pl.DataFrame(), tmp_path)


def test_a_model_that_looks_nothing_up_still_has_an_object_in_that_channel(tmp_path: Path) -> None:
    alone = dataclasses.replace(MODEL, lookups=())
    flights = real.flights().head(2000).with_columns(pl.lit("f" * 32).alias(OBJECT_ID))
    record = dataclasses.replace(RUN, tables={"flights": "1"})
    snapshot(alone, find.datasets(), record, lambda _table, _snapshot: flights, tmp_path)
    assert [path.name for path in (tmp_path / "lookups").iterdir()] == ["lookups.json"]
