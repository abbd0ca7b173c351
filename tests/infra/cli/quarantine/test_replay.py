"""`tidegate quarantine replay` says what it would do, does it, and tells what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3

from tests.functions.changed import changed
from tests.infra.cli.quarantine.conftest import STAYS, TRIPS
from tidegate.lake.entry import State

if TYPE_CHECKING:
    from pathlib import Path

    from tests.functions.world import World
    from tests.infra.cli.quarantine.conftest import Desk

WIDER = ("price: float = column(ge=0", "price: float = column(ge=-5")
STEPPED = b"station,day,hour,tenths\nJFK,2013-01-01,5,101\nJFK,2013-01-01,24,9\nJFK,2013-01-01,6,900\n"


def everything(world: World) -> dict[str, Any]:
    """Every object and every item of the environment."""
    found: dict[str, Any] = {}
    for bucket in (world.landing, world.lake, world.quarantine):
        for page in world.s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found |= {
                f"{bucket}/{one['Key']}/{one['VersionId']}": one["ETag"] for one in page.get("Versions", ())
            }
    items = boto3.client("dynamodb").scan(TableName=world.ledger.table)["Items"]
    return found | {item["object_id"]["S"]: item for item in items}


def test_a_dry_run_foretells_what_happens_and_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    world = desk.world
    world.create_table("readings")
    ids = [
        desk.lands("trips/a.csv", TRIPS),
        desk.lands("readings/a.csv", STEPPED),
        desk.lands("no/a.csv", TRIPS),
    ]
    with changed(tmp_path, "trips", *WIDER):
        (tmp_path / "readings.py").write_text(
            (tmp_path / "readings.py").read_text().replace("le=23", "le=24")
        )
        before = everything(world)

        code, told = desk.asks("replay", "--all", "--dry-run")

        assert code == 0
        assert everything(world) == before
        assert world.heard() == []
        outlook = {one["object_id"]: one for one in told}
        assert outlook[ids[0]]["rules"] == [
            {"column": "price", "check": "greater_than_or_equal_to", "rows": 1}
        ]
        assert "unclaimed" in outlook[ids[2]]["note"]
        desk.asks("replay", "--all", "--no-wait")
        desk.goes_on()
        for object_id in ids[:2]:
            entry = world.ledger.get(object_id)
            named = ("good_rows", "bad_rows", "recovered_rows", "retracted_rows")
            assert [outlook[object_id][name] for name in named] == [getattr(entry, name) for name in named]
            assert entry.recovered_rows == 1


def test_it_waits_for_the_end_and_says_what_was_recovered(desk: Desk, tmp_path: Path) -> None:
    object_id = desk.lands("trips/a.csv", TRIPS)
    with changed(tmp_path, "trips", *WIDER):
        code, told = desk.asks("replay", object_id[:8], "--no-wait")
        (asked,) = told["requests"]
        assert (code, asked["object_id"], asked["generation"]) == (0, object_id, 1)
        assert ":iam::" in asked["asked_by"]
        code, told = desk.asks("replay", object_id[:8], "--wait-seconds", "0")
        assert (code, told["error"]["kind"]) == (4, "Transient")
        desk.goes_on()

        entry = desk.world.ledger.get(object_id)
        assert (entry.generation, entry.recovered_rows, entry.bad_rows) == (1, 1, 1)
        assert desk.world.rows("trips")["id"].sort().to_list() == [1, 2]


def test_rows_that_would_leave_the_table_are_counted_first(desk: Desk, tmp_path: Path) -> None:
    object_id = desk.lands("stays/a.csv", STAYS + b"4,1\n")
    with changed(tmp_path, "stays", "id: int = column()", "id: int = column(ge=2)"):
        _, (told,) = desk.asks("replay", object_id, "--dry-run")
        assert told["retracted_rows"] == 1
        assert "--retract" in told["note"]
        _, (told,) = desk.asks("replay", object_id, "--dry-run", "--retract")
        assert (told["retracted_rows"], told["note"]) == (1, "")
        desk.asks("replay", object_id, "--no-wait", "--retract")
        desk.goes_on()
        assert desk.world.rows("stays")["id"].to_list() == [4]


def test_files_are_chosen_by_dataset_and_by_rule(desk: Desk) -> None:
    trips, stays = desk.lands("trips/a.csv", TRIPS), desk.lands("stays/a.csv", STAYS)
    for words, wanted in (
        (("--dataset", "trips"), {trips}),
        (("--rule", "nights:type"), {stays}),
        (("--rule", "greater_than_or_equal_to"), {trips, stays}),
        (("--since", "2999-01-01"), set()),
    ):
        _, told = desk.asks("replay", *words, "--dry-run")
        assert {one["object_id"] for one in told} == wanted, words
    code, told = desk.asks("replay")
    assert (code, told["error"]["kind"]) == (3, "BadRequest")
    assert desk.world.ledger.get(trips).state is State.PARTLY_PUBLISHED


def test_what_was_discarded_is_not_replayed(desk: Desk) -> None:
    object_id = desk.lands("trips/a.csv", TRIPS)
    desk.asks("discard", object_id, "--why", "old", "--yes")
    code, told = desk.asks("replay", object_id)
    assert (code, told["error"]["kind"]) == (3, "Refused")
    assert desk.asks("replay", "--all", "--dry-run") == (0, [])


def foretold(desk: Desk, object_id: str) -> None:
    """Hold a dry run against what then happens."""
    _, (outlook,) = desk.asks("replay", object_id, "--dry-run")
    desk.asks("replay", object_id, "--no-wait")
    desk.goes_on()
    entry = desk.world.ledger.get(object_id)
    named = ("good_rows", "bad_rows", "recovered_rows", "retracted_rows")
    assert [outlook[name] for name in named] == [getattr(entry, name) for name in named]
    assert entry.recovered_rows == 1


def test_keys_of_other_files_count_in_a_dry_run_too(desk: Desk) -> None:
    world = desk.world
    world.create_table("tickets")
    world.create_table("zones")
    desk.lands("tickets/a.csv", b"holder,number,zone\nann,1,\n")
    object_id = desk.lands("tickets/b.csv", b"holder,number,zone\nann,1,\nbo,x,\nbo,2,\n")
    assert world.ledger.get(object_id).bad_rows == 2
    before = everything(world)
    _, (told,) = desk.asks("replay", object_id, "--dry-run")
    assert everything(world) == before
    assert {rule["check"] for rule in told["rules"]} == {"unique_across_files", "type"}
    assert "nothing new" in told["note"]


def test_a_step_sees_personal_values_disguised_in_a_dry_run_too(desk: Desk, tmp_path: Path) -> None:
    desk.world.create_table("stepped_guests")
    body = b"email,name,phone,note,nights\na@b,Ann,,,2\nb@b,Bo,,,0\n@,Cy,,,1\n"
    object_id = desk.lands("stepped_guests/a.csv", body)
    with changed(tmp_path, "guests", "nights: int = column(ge=1)", "nights: int = column(ge=0)"):
        foretold(desk, object_id)
