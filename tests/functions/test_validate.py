"""A landed file is checked once, however often its event comes; what is bad is kept with its reason."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from functions import publish, transform, validate
from tests.functions.world import Context, World, landed, messages
from tidegate.contract.source import LARGEST_FILE
from tidegate.lake.entry import State

TRIPS = b"id,rider,price,day\n1,ann,2.5,2013-01-01\n2,,,2013-01-31\n3,bo,4,2013-02-01\n"


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    validate.intake.cache_clear()
    transform.step.cache_clear()


def run(*events: dict[str, Any]) -> dict[str, Any]:
    return validate.handler(messages(*events), Context())


def files(world: World, prefix: str) -> list[str]:
    listed = world.s3.list_objects_v2(Bucket=world.quarantine, Prefix=prefix).get("Contents", [])
    return [found["Key"] for found in listed]


def test_good_rows_become_data_files_that_wait_for_their_table(world: World) -> None:
    event = world.put("trips/jan.csv", TRIPS)

    assert run(event) == {"batchItemFailures": []}

    entry = world.entry(event)
    assert (entry.state, entry.total_rows, entry.good_rows, entry.bad_rows) == (State.VALIDATED, 3, 3, 0)
    assert (entry.waiting_for, entry.dataset) == ("trips", "trips")
    (fact,) = world.heard()
    assert fact["detail-type"] == "FileValidated"
    assert fact["detail"]["needs_transform"] is False


def test_a_file_that_no_call_could_read_to_its_end_is_kept_unread_with_advice(world: World) -> None:
    event = world.put("trips/years.csv", TRIPS)
    event["detail"]["object"]["size"] = LARGEST_FILE + 1

    assert run(event) == {"batchItemFailures": []}

    entry = world.entry(event)
    assert (entry.state, entry.total_rows) == (State.QUARANTINED, 0)
    assert entry.reason.startswith(f"too_large: {LARGEST_FILE + 1:,} bytes are more than")
    (step,) = world.report(world.heard()[0]["detail"]["report"])["next_steps"]
    assert step.startswith("Split the file between two lines")


def test_the_same_event_three_times_changes_nothing_after_the_first(world: World) -> None:
    world.create_table("trips")
    event = world.put("trips/jan.csv", TRIPS)
    run(event, event)
    publish.handler(messages(*world.heard()), Context())
    done = world.entry(event)

    run(event)

    assert world.entry(event) == done
    assert done.state is State.PUBLISHED
    assert world.rows("trips").height == 3
    assert [fact["detail-type"] for fact in world.heard()] == ["TablePublished"]


def test_bad_rows_are_kept_with_number_text_and_every_reason_and_the_rest_goes_on(world: World) -> None:
    event = world.put("trips/bad.csv", TRIPS + b"0,eve,-1,2013-01-01\n")

    run(event)

    entry = world.entry(event)
    assert (entry.state, entry.total_rows, entry.good_rows, entry.bad_rows) == (State.VALIDATED, 4, 3, 1)
    prefix = f"rows/trips/{entry.object_id}/"
    names = ["bytes-0.parquet", "report.html", "report.json", "rows-0.parquet"]
    assert files(world, prefix) == [f"{prefix}{name}" for name in names]
    kept, raw = world.kept(f"{prefix}rows-0.parquet"), world.kept(f"{prefix}bytes-0.parquet")
    assert kept["_row"].to_list() == raw["_row"].to_list() == [4]
    assert json.loads(kept["_raw"][0]) == {"id": "0", "rider": "•••", "price": "-1", "day": "2013-01-01"}
    assert raw["_bytes"][0] == b"0,eve,-1,2013-01-01"
    assert kept["_file"][0] == f"s3://{world.landing}/trips/bad.csv"
    assert kept["_version"][0] == event["detail"]["object"]["version-id"]
    assert kept["_contract"][0] == entry.contract_version
    assert {reason["column"] for reason in kept["_reasons"][0]} == {"id", "price"}
    facts = {fact["detail-type"]: fact["detail"] for fact in world.heard()}
    assert facts["FileQuarantined"]["whole_file"] is False
    assert facts["FileQuarantined"]["rows"] == 1


@pytest.mark.parametrize(
    ("key", "body", "reason"),
    [
        ("trips/empty.csv", b"", "empty_file"),
        ("trips/header.csv", b"id,rider,price,day\n", "header_only"),
        ("trips/missing.csv", b"id,rider,day\n1,ann,2013-01-01\n", "header_mismatch"),
        ("trips/extra.csv", b"id,rider,price,day,more\n1,ann,1,2013-01-01,x\n", "header_mismatch"),
        ("trips/types.csv", b"id,rider,price,day\nx,ann,1,2013-01-01\n", "no_good_rows"),
        ("trips/junk.csv", bytes(range(256)) * 40, "not_text"),
        ("trips/torn.csv.gz", gzip.compress(TRIPS * 50, mtime=0)[:-20], "torn_gzip"),
    ],
)
def test_a_bad_file_ends_in_quarantine_with_its_reason_and_original(
    world: World, key: str, body: bytes, reason: str
) -> None:
    event = world.put(key, body)

    assert run(event) == {"batchItemFailures": []}

    entry = world.entry(event)
    assert entry.state is State.QUARANTINED
    assert entry.reason.startswith(reason)
    kept = world.s3.get_object(Bucket=world.quarantine, Key=f"files/trips/{entry.object_id}/original")[
        "Body"
    ].read()
    assert kept == body
    fact = world.heard()[-1]
    assert fact["detail"]["whole_file"] is True
    assert world.report(fact["detail"]["report"])["reason"] == entry.reason


@pytest.mark.parametrize(
    "key", ["nobody/x.csv", "loose.csv", "../../etc/passwd", "a b+c/%2e%2e/x y+z.csv", "/trips/x.csv"]
)
def test_a_key_that_no_dataset_claims_is_kept_as_unclaimed(world: World, key: str) -> None:
    event = world.put(key, b"whatever")

    run(event)

    entry = world.entry(event)
    assert (entry.state, entry.dataset) == (State.QUARANTINED, "_unclaimed")
    assert entry.reason.startswith("unclaimed: no dataset is called")
    assert files(world, "") == [
        f"files/_unclaimed/{entry.object_id}/original",
        f"files/_unclaimed/{entry.object_id}/report.html",
        f"files/_unclaimed/{entry.object_id}/report.json",
    ]


def test_a_hostile_key_of_a_dataset_is_read_as_any_other(world: World) -> None:
    event = world.put("trips/../ a+b %20/ü.csv", TRIPS)

    run(event)

    assert world.entry(event).state is State.VALIDATED


def test_a_folder_marker_is_ignored(world: World) -> None:
    event = world.put("trips/", b"")

    run(event)

    assert world.entry(event).state is State.IGNORED
    assert files(world, "") == []


def test_a_version_that_is_gone_is_ignored_and_not_tried_for_ever(world: World) -> None:
    event = world.put("trips/gone.csv", TRIPS)
    version = event["detail"]["object"]["version-id"]
    world.s3.delete_object(Bucket=world.landing, Key="trips/gone.csv", VersionId=version)

    run(event)

    assert world.entry(event).state is State.IGNORED


def test_where_no_versions_are_kept_one_content_is_never_read_under_the_name_of_another(
    world: World,
) -> None:
    older = world.put("trips/same.csv", TRIPS)
    world.put("trips/same.csv", TRIPS + b"9,eve,2,2013-01-03\n")
    older["detail"]["object"]["version-id"] = "null"

    run(older)

    assert world.entry(older).state is State.IGNORED


def test_an_original_is_kept_without_its_tags_which_need_a_permission_of_their_own(world: World) -> None:
    event = world.put("trips/bad.csv", b"")
    tags = {"TagSet": [{"Key": "team", "Value": "sales"}]}
    world.s3.put_object_tagging(Bucket=world.landing, Key="trips/bad.csv", Tagging=tags)

    run(event)

    key = f"files/trips/{world.entry(event).object_id}/original"
    assert world.s3.get_object_tagging(Bucket=world.quarantine, Key=key)["TagSet"] == []


def test_a_file_that_somebody_works_on_is_handed_back_alone(world: World) -> None:
    held, free = world.put("trips/held.csv", TRIPS), world.put("trips/free.csv", TRIPS)
    world.ledger.claim(landed(held), seconds=60)

    batch = messages(held, free)
    answer = validate.handler(batch, Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": batch["Records"][0]["messageId"]}]}
    assert world.entry(free).state is State.VALIDATED


def test_a_lease_that_ran_out_is_taken_over(world: World) -> None:
    event = world.put("trips/left.csv", TRIPS)
    world.ledger.claim(landed(event), seconds=-1)

    run(event)

    entry = world.entry(event)
    assert (entry.state, entry.attempts) == (State.VALIDATED, 2)


def test_a_second_version_of_a_key_taken_once_is_refused_in_any_order(world: World) -> None:
    first, second = world.put("visits/a.csv", b"id\n1\n"), world.put("visits/a.csv", b"id\n2\n")

    run(second)
    run(first)

    assert world.entry(second).state is State.QUARANTINED
    assert world.entry(second).reason.startswith("overwritten:")
    assert world.entry(first).state is State.VALIDATED


def test_no_value_of_a_row_reaches_the_log(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    event = world.put("trips/secret.csv", TRIPS + b"0,CANARY,-77123,2013-01-01\n")

    run(event)

    printed = capsys.readouterr().out
    assert "CANARY" not in printed
    assert "77123" not in printed
