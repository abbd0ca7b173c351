"""No key is published by two files, and no row that names what is not there; whoever comes first, or dies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from functions import publish, transform, validate
from tests.functions.changed import changed
from tests.functions.world import Context, World, landed, messages
from tidegate import aws
from tidegate.facts import ReplayRequested
from tidegate.lake.entry import State
from tidegate.lake.replay import NOTHING_NEW

if TYPE_CHECKING:
    from pathlib import Path

    from tidegate.lake.entry import Entry


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    new_process()


def new_process() -> None:
    validate.intake.cache_clear()
    transform.step.cache_clear()


def flow(world: World, *events: dict[str, Any]) -> list[Entry]:
    """Deliver everything that follows; what became of each file is returned."""
    for event in events:
        validate.handler(messages(event), Context())
        settle(world)
    return [world.entry(event) for event in events]


def settle(world: World) -> None:
    while heard := world.heard():
        for fact in heard:
            kind = fact["detail-type"]
            if kind == "FileValidated" and fact["detail"]["needs_transform"]:
                transform.handler(messages(fact), Context())
            elif kind in ("FileValidated", "FileTransformed"):
                publish.handler(messages(fact), Context())


def tables(world: World, *names: str) -> None:
    for name in names:
        world.create_table(name)


def reasons(world: World, entry: Entry, step: str = "") -> set[tuple[str, str]]:
    kept = world.kept(f"rows/{entry.dataset}/{entry.object_id}/{step}rows-0.parquet")
    return {(reason["column"], reason["check"]) for row in kept["_reasons"] for reason in row}


def tickets(*rows: str) -> bytes:
    return "\n".join(["holder,number,zone", *rows, ""]).encode()


def zones(*names: str) -> bytes:
    return "\n".join(["zone,fare", *(f"{name},1.5" for name in names), ""]).encode()


def test_a_key_that_another_file_brought_is_refused_and_the_rest_of_the_file_goes_on(world: World) -> None:
    tables(world, "tickets", "zones")
    first, second = flow(
        world,
        world.put("tickets/a.csv", tickets("ann,1,", "bo,2,")),
        world.put("tickets/b.csv", tickets("cy,1,", "bo,2,", "bo,3,")),
    )

    assert (first.state, second.state) == (State.PUBLISHED, State.PARTLY_PUBLISHED)
    assert (second.good_rows, second.bad_rows) == (2, 1)
    assert reasons(world, second) == {("holder, number", "unique_across_files")}
    assert world.rows("tickets")["number"].sort().to_list() == [1, 1, 2, 3]


def test_a_file_that_only_repeats_what_is_published_is_refused(world: World) -> None:
    tables(world, "tickets", "zones")
    same = tickets("ann,1,", "bo,2,")
    _, again = flow(world, world.put("tickets/a.csv", same), world.put("tickets/a.csv", same))

    assert again.state is State.QUARANTINED
    assert world.rows("tickets").height == 2


def test_a_file_that_is_checked_twice_does_not_meet_itself(world: World) -> None:
    tables(world, "tickets", "zones")
    event = world.put("tickets/a.csv", tickets("ann,1,", "bo,2,"))
    dynamodb = aws.client("dynamodb")

    def die(params: dict[str, Any], **_: Any) -> None:
        if "validated" in str(params):
            raise KeyboardInterrupt

    dynamodb.meta.events.register("before-call.dynamodb.UpdateItem", die)
    with pytest.raises(KeyboardInterrupt):
        validate.handler(messages(event), Context(seconds=-6))
    dynamodb.meta.events.unregister("before-call.dynamodb.UpdateItem", die)
    new_process()
    (entry,) = flow(world, event)

    assert (entry.state, entry.good_rows, entry.bad_rows) == (State.PUBLISHED, 2, 0)


def test_a_row_that_names_what_is_not_published_is_refused_and_one_that_names_nothing_is_not(
    world: World,
) -> None:
    tables(world, "tickets", "zones")
    known = world.put("zones/a.csv", zones("A", "B"))
    before, _, after = flow(
        world,
        world.put("tickets/a.csv", tickets("ann,1,A", "ann,2,")),
        known,
        world.put("tickets/b.csv", tickets("bo,1,A", "bo,2,C", "bo,3,")),
    )

    assert (before.good_rows, before.bad_rows) == (1, 1)
    assert (after.good_rows, after.bad_rows) == (2, 1)
    assert reasons(world, before) == reasons(world, after) == {("zone", "reference")}


def test_what_a_newer_version_took_out_of_the_table_counts_no_more(world: World) -> None:
    tables(world, "tickets", "zones")
    flow(world, world.put("zones/a.csv", zones("A", "B")), world.put("zones/a.csv", zones("B", "C")))
    new_process()
    other, refers = flow(
        world,
        world.put("zones/b.csv", zones("A", "C")),
        world.put("tickets/a.csv", tickets("ann,1,B", "ann,2,C", "ann,3,A")),
    )

    assert (other.good_rows, other.bad_rows) == (1, 1)
    assert world.rows("zones")["zone"].sort().to_list() == ["A", "B", "C"]
    assert refers.state is State.PUBLISHED


def test_a_step_is_held_to_the_keys_that_it_makes(world: World) -> None:
    tables(world, "scans")
    first, second = flow(
        world,
        world.put("scans/a.csv", b"code,at\nx,1\ny,2\n"),
        world.put("scans/b.csv", b"code,at\nX,1\nZ,1\nZ,2000\n"),
    )

    assert (first.state, second.state) == (State.PUBLISHED, State.PARTLY_PUBLISHED)
    assert (second.good_rows, second.bad_rows) == (1, 2)
    assert ("code, at", "unique_across_files") in reasons(world, second, "step/")
    assert world.rows("scans").select("code", "at").sort("code").rows() == [("X", 1), ("Y", 2), ("Z", 1)]


def test_a_table_that_had_rows_before_the_rule_is_looked_through(world: World) -> None:
    tables(world, "tickets", "zones")
    flow(world, world.put("tickets/a.csv", tickets("ann,1,", "bo,2,")))
    listed = world.s3.list_objects_v2(Bucket=world.lake, Prefix="keys/")["Contents"]
    for one in listed:
        world.s3.delete_object(Bucket=world.lake, Key=one["Key"])
    new_process()

    (entry,) = flow(world, world.put("tickets/b.csv", tickets("bo,2,", "bo,3,")))

    assert (entry.good_rows, entry.bad_rows) == (1, 1)


def test_a_dataset_that_asks_for_none_of_this_has_no_index(world: World) -> None:
    tables(world, "trips")
    flow(world, world.put("trips/a.csv", b"id,rider,price,day\n1,ann,2.5,2013-01-01\n"))

    assert world.s3.list_objects_v2(Bucket=world.lake, Prefix="keys/")["KeyCount"] == 0


def again(world: World, event: dict[str, Any], *, retract: bool = False) -> Entry:
    """What becomes of a file that is judged again."""
    seen = world.entry(event)
    asked = ReplayRequested(
        object_id=seen.object_id,
        dataset=seen.dataset,
        generation=seen.generation + 1,
        retract=retract,
        asked_by="somebody",
    )
    told = {"source": "tidegate", "detail-type": "ReplayRequested", "detail": vars(asked), "time": ""}
    validate.handler(messages(told), Context())
    settle(world)
    return world.entry(event)


def test_rows_that_came_too_early_pass_when_they_are_judged_again(world: World) -> None:
    tables(world, "tickets", "zones")
    early = world.put("tickets/a.csv", tickets("ann,1,A", "ann,2,"))
    flow(world, early, world.put("zones/a.csv", zones("A")))

    entry = again(world, early)

    assert (entry.state, entry.good_rows, entry.bad_rows) == (State.PUBLISHED, 2, 0)
    assert world.rows("tickets")["number"].sort().to_list() == [1, 2]
    other, *_ = flow(world, world.put("tickets/b.csv", tickets("ann,1,A", "ann,3,A")))
    assert (other.good_rows, other.bad_rows) == (1, 1)


@pytest.mark.parametrize("dataset", ["tickets", "scans"])
def test_a_file_that_is_judged_again_does_not_meet_itself_and_others_still_meet_it(
    world: World, dataset: str
) -> None:
    tables(world, "tickets", "zones", "scans")
    body = {"tickets": tickets("ann,1,", "ann,2,"), "scans": b"code,at\na,1\na,2\n"}[dataset]
    event = world.put(f"{dataset}/a.csv", body)
    flow(world, event)
    for _ in range(2):
        entry = again(world, event)
        assert (entry.state, entry.good_rows, entry.bad_rows) == (State.PUBLISHED, 2, 0)

    repeated, *_ = flow(world, world.put(f"{dataset}/b.csv", body))

    assert repeated.state is State.QUARANTINED
    assert world.rows(dataset).height == 2


def test_keys_of_rows_that_a_replay_took_back_are_free_again(world: World, tmp_path: Path) -> None:
    tables(world, "tickets", "zones")
    zone = world.put("zones/a.csv", zones("A", "B"))
    flow(world, zone)
    with changed(tmp_path, "zones", "zone: str = column()", 'zone: str = column(isin=["A", "C"])'):
        entry = again(world, zone, retract=True)
        assert (entry.good_rows, entry.bad_rows) == (1, 1)
    other, refers = flow(
        world,
        world.put("zones/b.csv", zones("A", "B", "C")),
        world.put("tickets/a.csv", tickets("ann,1,A", "ann,2,B", "ann,3,C")),
    )

    assert (other.good_rows, other.bad_rows) == (2, 1)
    assert refers.state is State.PUBLISHED
    assert world.rows("zones")["zone"].sort().to_list() == ["A", "B", "C"]


def test_keys_stay_taken_when_a_replay_finds_nothing_new_because_another_file_was_faster(
    world: World,
) -> None:
    tables(world, "tickets", "zones")
    early = world.put("tickets/a.csv", tickets("ann,1,", "ann,2,A"))
    flow(world, early, world.put("zones/a.csv", zones("A")))
    faster = world.put("tickets/b.csv", tickets("ann,2,"))
    s3 = aws.client("s3")

    def be_faster(params: dict[str, Any], **_: Any) -> None:
        if "/keys/tickets/files/" in params["url_path"]:
            s3.meta.events.unregister("before-call.s3.PutObject", be_faster)
            validate.intake.__wrapped__().validate(landed(faster), 60)

    s3.meta.events.register("before-call.s3.PutObject", be_faster)
    entry = again(world, early)
    late, *_ = flow(world, world.put("tickets/c.csv", tickets("ann,1,", "ann,2,", "ann,3,")))

    assert (entry.good_rows, entry.bad_rows, entry.note) == (1, 1, NOTHING_NEW)
    assert (late.good_rows, late.bad_rows) == (1, 2)
    assert world.rows("tickets")["number"].sort().to_list() == [1, 2, 3]
