"""A training's snapshots are tagged, once, whatever else is committed meanwhile."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from functions.keep import handler
from tests.tidegate.models.test_gating import RUN
from tidegate.errors import NotFound, Refused
from tidegate.lake import tables, tags

if TYPE_CHECKING:
    from pathlib import Path

    from pyiceberg.table import Table

    from infra.local.cloud import LocalCloud

ROWS = pa.table({"x": [1, 2]})


@pytest.fixture(scope="module")
def database(cloud: LocalCloud) -> str:
    region = {"LocationConstraint": "eu-west-1"}
    cloud.client("s3").create_bucket(Bucket="keep", CreateBucketConfiguration=region)
    cloud.client("glue").create_database(DatabaseInput={"Name": "keep"})
    return "keep"


@pytest.fixture
def table(cloud: LocalCloud, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Table:
    for name, value in {**cloud.environment(), "TIDEGATE_DATABASE": database}.items():
        monkeypatch.setenv(name, value)
    name = f"t_{tmp_path.name.lower()[-40:].strip('_')}"
    made = tables.catalog().create_table(f"{database}.{name}", ROWS.schema, location=f"s3://keep/{name}")
    made.append(ROWS)
    return made


def event(table: Table, snapshot: int) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(
        dataclasses.replace(RUN, tables={table.name()[1]: str(snapshot)}).to_json()
    )
    return read


def head(table: Table) -> int:
    found = table.refresh().current_snapshot()
    assert found is not None
    return found.snapshot_id


def test_the_snapshot_is_tagged_with_the_runs_name_and_stays_the_tables_head(table: Table) -> None:
    before = head(table)
    assert handler(event(table, before), None) == {"tag": f"tidegate-{RUN.run}"}
    assert table.refresh().refs()[f"tidegate-{RUN.run}"].snapshot_id == before
    assert head(table) == before


def test_the_same_message_again_changes_nothing(table: Table) -> None:
    handler(event(table, head(table)), None)
    before = table.refresh().metadata_location
    handler(event(table, head(table)), None)
    assert table.refresh().metadata_location == before


def test_a_publication_meanwhile_is_no_conflict_and_an_older_snapshot_can_be_tagged(table: Table) -> None:
    before = head(table)
    table.append(ROWS)
    handler(event(table, before), None)
    assert head(table) != before
    assert table.refresh().refs()[f"tidegate-{RUN.run}"].snapshot_id == before
    table.append(ROWS)
    assert len(table.scan().to_arrow()) == 6


def test_expiry_spares_what_is_tagged(table: Table) -> None:
    before = head(table)
    handler(event(table, before), None)
    table.refresh()
    table.append(ROWS)
    between = head(table)
    table.append(ROWS)
    assert table.refresh().snapshot_by_id(between) is not None
    table.maintenance.expire_snapshots().by_ids([between]).commit()
    with pytest.raises(ValueError, match="protected"):
        table.refresh().maintenance.expire_snapshots().by_ids([before]).commit()
    assert len(table.refresh().scan(snapshot_id=before).to_arrow()) == 2


def test_a_snapshot_that_is_gone_and_a_tag_of_another_are_refused(table: Table) -> None:
    with pytest.raises(NotFound, match="has expired"):
        handler(event(table, 7), None)
    handler(event(table, head(table)), None)
    table.refresh()
    table.append(ROWS)
    with pytest.raises(Refused, match="not"):
        tags.tag(tables.catalog(), "keep", table.name()[1], head(table), tags.of_run(RUN.run))
