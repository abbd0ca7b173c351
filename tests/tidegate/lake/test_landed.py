"""An object is the same whichever event tells of it, and no key of upstream's becomes a key of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.functions.world import EVENTS
from tidegate.errors import BadRequest
from tidegate.facts import FileLanded
from tidegate.lake import layout
from tidegate.lake.landed import LandedObject, landed_from


def created(**what: Any) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / "s3-object-created.json").read_text())
    event["detail"]["object"] = {**event["detail"]["object"], **what}
    return event


def test_s3s_event_is_read() -> None:
    landed = landed_from(created())

    assert landed == LandedObject(
        bucket="amzn-s3-demo-bucket1",
        key="example-key",
        version_id="IYV3p45BT0ac8hjHg1houSdS1a.Mro8e",
        etag="b1946ac92492d2347c6235b4d2611184",
        size=5,
        landed_at="2021-11-12T00:00:00Z",
    )


def test_our_fact_names_the_same_object_as_s3s_event() -> None:
    told = landed_from(created(key="trips/a.csv"))
    fact = FileLanded(
        bucket=told.bucket,
        key=told.key,
        version_id=told.version_id,
        etag=f'"{told.etag}"',
        size=told.size,
    )
    event = {"detail-type": "FileLanded", "detail": json.loads(fact.entry("bus")["Detail"])}

    assert landed_from(event).object_id == told.object_id


@pytest.mark.parametrize("key", ["trips/a+b.csv", "trips/a%20b.csv", "trips/ü.csv"])
def test_a_key_is_taken_as_it_stands(key: str) -> None:
    assert landed_from(created(key=key)).key == key


@pytest.mark.parametrize(
    ("key", "dataset"),
    [
        ("trips/a.csv", "trips"),
        ("trips/2013/a.csv", "trips"),
        ("a.csv", ""),
        ("/trips/a.csv", ""),
        ("../x", ".."),
    ],
)
def test_the_dataset_is_the_first_segment(key: str, dataset: str) -> None:
    assert landed_from(created(key=key)).dataset == dataset


def test_an_object_without_versions_is_known_by_its_content() -> None:
    one = landed_from(created(**{"version-id": "null"}))
    same = landed_from(created(**{"version-id": ""}))
    other = landed_from(created(**{"version-id": "", "etag": "another"}))

    assert one.object_id == same.object_id != other.object_id


def test_each_version_is_an_object_of_its_own() -> None:
    ids = {landed_from(created(**{"version-id": version})).object_id for version in ("a", "b", "c")}

    assert len(ids) == 3


def test_an_event_of_another_kind_is_refused_by_its_name() -> None:
    with pytest.raises(BadRequest, match="Object Deleted"):
        landed_from({"detail-type": "Object Deleted", "detail": {}})


def test_no_key_of_ours_holds_a_part_of_theirs() -> None:
    hostile = landed_from(created(key="trips/../../etc/passwd\n<script>"))

    for name in (layout.original_key, layout.file_report_key, layout.data_files_key, layout.staged_rows_key):
        assert ".." not in name("trips", hostile.object_id)
        assert "passwd" not in name("trips", hostile.object_id)


def test_a_data_file_names_the_object_it_came_with() -> None:
    key = layout.data_key("trips", {"day_month": "516"}, "f" * 32, 3)

    assert key == f"tables/trips/data/day_month=516/{'f' * 32}-3.parquet"
    assert layout.object_id_of(f"s3://lake/{key}") == "f" * 32
