"""A file that came to its end is judged again by today's contract: each row once, whatever happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from functions import publish, validate
from tests.functions.changed import changed, read_anew
from tests.functions.test_crashes import Crash, flow
from tests.functions.world import Context, World, messages
from tidegate.contract.verdict import MASK
from tidegate.facts import ReplayRequested
from tidegate.lake import layout
from tidegate.lake.entry import State

if TYPE_CHECKING:
    from pathlib import Path

    from tidegate.lake.entry import Entry

# A killed call leaves its connection open, as a killed process does.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
TRIPS = b"id,rider,price,day\n1,ann,2.5,2013-01-01\n2,eve,-1,2013-01-01\n3,bo,-100,2013-02-01\n"
READINGS = (
    b"station,day,hour,tenths\nJFK,2013-01-01,5,101\nJFK,2013-01-01,24,9\nJFK,2013-01-01,6,900\n"
    b"LGA,2013-01-02,99,-3\n"
)
WIDER = {
    "trips": ("price: float = column(ge=0", "price: float = column(ge=-5"),
    "readings": ("le=23", "le=24"),
}
STRIDE = 5  # every fifth call is killed, and each of them in the full tier
MOST_CALLS = 80


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    read_anew()


def land(world: World, *files: tuple[str, bytes]) -> list[dict[str, Any]]:
    """Land files, and let each come to its end."""
    events = [world.put(key, body) for key, body in files]
    for event in events:
        flow(world, event)
    return events


def request(world: World, event: dict[str, Any], *, retract: bool = False) -> dict[str, Any]:
    """What `tidegate quarantine replay` says on the bus, as it comes out of the queue."""
    seen = world.entry(event)
    asked = ReplayRequested(
        object_id=seen.object_id,
        dataset=seen.key.partition("/")[0],
        generation=seen.generation + 1,
        retract=retract,
        asked_by="somebody",
    )
    return {"source": "tidegate", "detail-type": "ReplayRequested", "detail": vars(asked), "time": ""}


def replayed(world: World, event: dict[str, Any], *, retract: bool = False) -> Entry:
    flow(world, request(world, event, retract=retract))
    return world.entry(event)


def ids(world: World, dataset: str) -> list[int]:
    found: list[int] = world.rows(dataset)["id"].to_list()
    return sorted(found)


def bad(world: World, entry: Entry) -> dict[int, list[str]]:
    """The bad rows that stand in quarantine, with their rules."""
    kept = world.kept(layout.bad_rows_key(entry.dataset, entry.standing_edition))
    return {row["_row"]: [one["check"] for one in row["_reasons"]] for row in kept.to_dicts()}


def test_what_passes_today_is_published_once_and_the_rest_stays_with_todays_reasons(
    world: World, tmp_path: Path
) -> None:
    world.create_table("trips")
    (event,) = land(world, ("trips/a.csv", TRIPS))
    (other,) = land(world, ("trips/b.csv", TRIPS.replace(b"\n1,", b"\n7,")))
    with changed(tmp_path, "trips", *WIDER["trips"]):
        entry = replayed(world, event)

        assert (entry.state, entry.good_rows, entry.bad_rows) == (State.PARTLY_PUBLISHED, 2, 1)
        assert (entry.recovered_rows, entry.retracted_rows, entry.stands) == (1, 0, 1)
        assert ids(world, "trips") == [1, 2, 7]
        assert bad(world, entry) == {3: ["greater_than_or_equal_to"]}
        assert world.rows("trips")["_object_id"].unique().sort().to_list() == sorted(
            (entry.object_id, world.entry(other).object_id)
        )


def test_a_replay_is_one_snapshot_that_tells_what_came_and_went(world: World, tmp_path: Path) -> None:
    world.create_table("trips")
    (event,) = land(world, ("trips/a.csv", TRIPS))
    with changed(tmp_path, "trips", *WIDER["trips"]):
        validate.handler(messages(request(world, event)), Context())
        publish.handler(
            messages(*[one for one in world.heard() if one["detail-type"] == "FileValidated"]), Context()
        )

        (fact,) = [one["detail"] for one in world.heard() if one["detail-type"] == "TablePublished"]
        assert (fact["rows"], fact["removed_rows"]) == (2, 1)
        assert fact["editions"] == [f"{world.entry(event).object_id}-r1"]


def test_replaying_again_with_nothing_new_makes_no_commit_and_says_so(world: World, tmp_path: Path) -> None:
    world.create_table("trips")
    (event,) = land(world, ("trips/a.csv", TRIPS))
    with changed(tmp_path, "trips", *WIDER["trips"]):
        first = replayed(world, event)
        head = world.create_table("trips").current_snapshot()
        second = replayed(world, event)

        assert world.create_table("trips").current_snapshot() == head
        assert second.note.startswith("nothing new: by today's contract the same rows are good")
        assert (second.state, second.good_rows, second.bad_rows) == (first.state, 2, 1)
        assert bad(world, second) == bad(world, first)


def test_rows_are_published_anew_where_todays_contract_makes_other_values_of_them(
    world: World, tmp_path: Path
) -> None:
    world.create_table("guests")
    with changed(
        tmp_path, "guests", "phone: str = column(personal=OnArrival.MASK", "phone: str = column(personal=True"
    ):
        (event,) = land(world, ("guests/a.csv", b"email,name,phone,note,nights\nann@x.org,Ann,555-1,,2\n"))
        assert world.rows("guests")["phone"].to_list() == ["555-1"]
    before = world.entry(event).contract_version

    entry = replayed(world, event)

    assert world.rows("guests")["phone"].to_list() == [MASK]
    assert (entry.state, entry.recovered_rows, entry.retracted_rows) == (State.PUBLISHED, 0, 0)
    assert entry.contract_version != before
    assert "nothing new" in replayed(world, event).note


def test_a_request_that_comes_twice_late_or_too_early_changes_nothing(world: World, tmp_path: Path) -> None:
    world.create_table("trips")
    (event,) = land(world, ("trips/a.csv", TRIPS))
    with changed(tmp_path, "trips", *WIDER["trips"]):
        first = request(world, event)
        for told in (first, first, event):
            flow(world, told)
        second = request(world, event)
        flow(world, second)
        entry = world.entry(event)
        skipping = {**second, "detail": {**second["detail"], "generation": 9}}
        for told in (first, second, skipping, event):
            assert validate.handler(messages(told), Context()) == {"batchItemFailures": []}

        assert world.entry(event) == entry
        assert ids(world, "trips") == [1, 2]


@pytest.mark.parametrize(
    ("dataset", "when", "first"),
    [("trips", "before", 1), ("trips", "after", 3), ("readings", "before", 4), ("readings", "after", 2)],
)
def test_a_death_at_any_call_of_a_replay_changes_nothing_in_the_end(
    world: World, tmp_path: Path, dataset: str, when: str, first: int, full: bool
) -> None:
    world.create_table(dataset)
    body = {"trips": TRIPS, "readings": READINGS}[dataset]
    first, stride = (1, 1) if full else (first, STRIDE)
    points = range(first, first + MOST_CALLS, stride)
    events = land(world, *((f"{dataset}/{number}.csv", body) for number in points))
    with changed(tmp_path, dataset, *WIDER[dataset]):
        for number, event in zip(points, events, strict=True):
            asked = request(world, event)
            with Crash(number, when) as crash:
                deaths = flow(world, asked)
            entry = world.entry(event)
            assert (entry.state, entry.good_rows, entry.recovered_rows) == (State.PARTLY_PUBLISHED, 2, 1), (
                number
            )
            assert entry.bad_rows == {"trips": 1, "readings": 2}[dataset], number
            assert (entry.before, entry.waiting_for, entry.stands) == ("", "", 1)
            assert deaths == crash.done, number
            if not deaths:
                break

        assert number > 15
        published = dict(world.rows(dataset)["_object_id"].value_counts().iter_rows())
        done = {world.entry(event).object_id: world.entry(event).good_rows for event in events}
        assert published == done


def test_files_that_come_between_are_published_beside_the_replay(world: World, tmp_path: Path) -> None:
    world.create_table("trips")
    (event,) = land(world, ("trips/a.csv", TRIPS))
    with changed(tmp_path, "trips", *WIDER["trips"]):
        validate.handler(messages(request(world, event)), Context())
        (new,) = land(world, ("trips/new.csv", TRIPS.replace(b"\n1,", b"\n8,").replace(b"\n2,", b"\n9,")))

        assert ids(world, "trips") == [1, 2, 8, 9]
        assert world.entry(event).state is world.entry(new).state is State.PARTLY_PUBLISHED


def test_a_publisher_that_oversleeps_does_not_end_a_replay_begun_since(world: World, tmp_path: Path) -> None:
    from tidegate.lake.entry import End

    world.create_table("trips")
    first, second = land(world, ("trips/a.csv", TRIPS), ("trips/b.csv", TRIPS.replace(b"\n1,", b"\n7,")))
    with changed(tmp_path, "trips", *WIDER["trips"]):
        validate.handler(messages(request(world, first)), Context())
        late = [End(world.entry(event).object_id, 0, State.PUBLISHED, "late") for event in (first, second)]
        world.ledger.finish(late)

        assert world.entry(first).state is State.VALIDATED
        assert world.entry(second).reason == "late"


def test_a_replay_goes_through_the_datasets_own_step(world: World, tmp_path: Path) -> None:
    world.create_table("readings")
    (event,) = land(world, ("readings/a.csv", READINGS))
    before = world.entry(event)
    assert (before.good_rows, before.bad_rows, before.broken_rows) == (1, 3, 1)
    with changed(tmp_path, "readings", *WIDER["readings"]):
        entry = replayed(world, event)

        assert (entry.good_rows, entry.bad_rows, entry.broken_rows, entry.recovered_rows) == (2, 2, 1, 1)
        assert sorted(world.rows("readings")["degrees"]) == pytest.approx([0.9, 10.1])
        assert "nothing new" in replayed(world, event).note


def test_a_step_that_fails_today_leaves_what_was_published(world: World, tmp_path: Path) -> None:
    world.create_table("readings")
    (event,) = land(world, ("readings/a.csv", READINGS))
    with changed(tmp_path, "readings", '"BROKEN" in', '"JFK" in'):
        entry = replayed(world, event)
        assert entry.state is State.PARTLY_PUBLISHED
        assert "step_failed" in entry.note
        assert world.rows("readings").height == 1

        entry = replayed(world, event, retract=True)
        assert (entry.state, entry.retracted_rows) == (State.QUARANTINED, 1)
        assert world.rows("readings").height == 0


NARROWER = ("id: int = column(ge=1)", "id: int = column(ge=2)")


def test_published_rows_that_todays_contract_refuses_stay_unless_it_is_asked_for(
    world: World, tmp_path: Path
) -> None:
    world.create_table("trips")
    body = TRIPS + b"4,di,1,2013-02-01\n"
    (event,) = land(world, ("trips/a.csv", body))
    before = world.entry(event)
    with changed(tmp_path, "trips", *NARROWER):
        entry = replayed(world, event)
        assert "1 published row is refused by today's contract" in entry.note
        assert (entry.state, entry.good_rows, entry.bad_rows) == (before.state, 2, 2)
        assert (entry.reason, entry.contract_version) == (before.reason, before.contract_version)
        assert set(bad(world, entry)) == {2, 3}
        assert ids(world, "trips") == [1, 4]

        entry = replayed(world, event, retract=True)
        assert (entry.good_rows, entry.bad_rows, entry.retracted_rows) == (1, 3, 1)
        assert set(bad(world, entry)) == {1, 2, 3}
        assert ids(world, "trips") == [4]


def test_a_file_refused_as_a_whole_today_leaves_the_table_only_if_it_is_asked_for(
    world: World, tmp_path: Path
) -> None:
    world.create_table("trips")
    (event,) = land(world, ("trips/a.csv", TRIPS))
    with changed(tmp_path, "trips", *NARROWER):
        assert "no_good_rows" in replayed(world, event).note
        assert ids(world, "trips") == [1]

        entry = replayed(world, event, retract=True)

        assert (entry.state, entry.total_rows, entry.bad_rows) == (State.QUARANTINED, 3, 3)
        assert ids(world, "trips") == []
        kept = world.s3.get_object(Bucket=world.quarantine, Key=layout.original_key("trips", entry.object_id))
        assert kept["Body"].read() == TRIPS
    read_anew()
    entry = replayed(world, event)
    assert (entry.state, entry.good_rows, entry.bad_rows, entry.recovered_rows) == (
        State.PARTLY_PUBLISHED,
        1,
        2,
        1,
    )
    assert ids(world, "trips") == [1]


def test_a_file_that_nobody_claimed_goes_into_its_dataset_once_there_is_one(
    world: World, tmp_path: Path
) -> None:
    (event,) = land(world, ("outings/a.csv", TRIPS))
    assert world.entry(event).dataset == layout.UNCLAIMED
    assert "unclaimed" in replayed(world, event).reason
    (tmp_path / "outings.py").write_text("")
    with changed(tmp_path, "trips"):
        text = (tmp_path / "trips.py").read_text()
        (tmp_path / "outings.py").write_text(text.replace('name="trips"', 'name="outings"'))
        read_anew()
        world.create_table("outings")
        world.s3.delete_object(
            Bucket=world.landing, Key="outings/a.csv", VersionId=event["detail"]["object"]["version-id"]
        )

        entry = replayed(world, event)

        assert (entry.state, entry.dataset, entry.good_rows) == (State.PARTLY_PUBLISHED, "outings", 1)
        assert ids(world, "outings") == [1]


def test_a_file_whose_bytes_are_nowhere_any_more_stays_as_it_is_and_says_what_to_do(
    world: World, tmp_path: Path
) -> None:
    world.create_table("trips")
    (event,) = land(world, ("trips/a.csv", TRIPS))
    world.s3.delete_object(
        Bucket=world.landing, Key="trips/a.csv", VersionId=event["detail"]["object"]["version-id"]
    )
    with changed(tmp_path, "trips", *WIDER["trips"]):
        entry = replayed(world, event)

        assert "quarantine export" in entry.note
        assert (entry.state, entry.good_rows, entry.bad_rows) == (State.PARTLY_PUBLISHED, 1, 2)
        assert ids(world, "trips") == [1]


def test_an_older_version_never_beats_a_newer_one_by_a_replay(world: World, tmp_path: Path) -> None:
    world.create_table("stays")
    older, newer = land(
        world, ("stays/a.csv", b"id,nights\n1,1\n2,0\n"), ("stays/a.csv", b"id,nights\n3,1\n4,0\n")
    )
    with changed(tmp_path, "stays", "ge=1", "ge=0"):
        assert "newer version" in replayed(world, older).note
        assert ids(world, "stays") == [3]

        assert replayed(world, newer).state is State.PUBLISHED
        assert ids(world, "stays") == [3, 4]


def test_a_newer_version_takes_the_place_of_one_that_is_being_replayed(world: World, tmp_path: Path) -> None:
    world.create_table("stays")
    (older,) = land(world, ("stays/a.csv", b"id,nights\n1,1\n2,0\n"))
    with changed(tmp_path, "stays", "ge=1", "ge=0"):
        validate.handler(messages(request(world, older)), Context())
        newer = world.put("stays/a.csv", b"id,nights\n3,1\n")
        validate.handler(messages(newer), Context())
        rings = [one for one in world.heard() if one["detail-type"] == "FileValidated"]
        publish.handler(messages(*rings), Context())

        assert ids(world, "stays") == [3]
        assert world.entry(older).state is State.IGNORED
        assert world.entry(newer).state is State.PUBLISHED


def test_of_a_key_that_is_taken_once_no_other_version_comes_in_by_a_replay(
    world: World, tmp_path: Path
) -> None:
    world.create_table("visits")
    broken, taken = land(world, ("visits/a.csv", b"id\nx\n"), ("visits/a.csv", b"id\n2\n"))
    assert world.entry(taken).state is State.PUBLISHED
    with changed(tmp_path, "visits", "id: int", "id: str"):
        assert replayed(world, broken).state is State.QUARANTINED
        assert "overwritten" in world.entry(broken).reason
    assert ids(world, "visits") == [2]


def test_a_discarded_file_is_not_replayed(world: World, tmp_path: Path) -> None:
    world.create_table("trips")
    (event,) = land(world, ("trips/a.csv", TRIPS))
    world.ledger.amend(world.entry(event), discarded_at="2026-01-01")
    before = world.entry(event)
    with changed(tmp_path, "trips", *WIDER["trips"]):
        assert replayed(world, event) == before


def test_a_step_that_fails_on_a_file_that_left_the_landing_bucket_keeps_it_where_it_is(
    world: World, tmp_path: Path
) -> None:
    world.create_table("readings")
    with changed(tmp_path, "readings", '"BROKEN" in', '"JFK" in'):
        (event,) = land(world, ("readings/a.csv", READINGS))
        assert "step_failed" in world.entry(event).reason
        world.s3.delete_object(
            Bucket=world.landing, Key="readings/a.csv", VersionId=event["detail"]["object"]["version-id"]
        )
        assert "step_failed" in replayed(world, event).reason
    read_anew()
    assert replayed(world, event).good_rows == 1


def test_what_was_ignored_stays_ignored(world: World) -> None:
    event = world.put("trips/", b"")
    flow(world, event)
    before = world.entry(event)
    assert before.state is State.IGNORED
    assert replayed(world, event) == before


def test_a_replay_that_stopped_is_found_by_the_reconciler(world: World, tmp_path: Path) -> None:
    from tidegate.lake.reconciliation import Reconciler
    from tidegate.lake.replay import begin

    world.create_table("trips")
    (event,) = land(world, ("trips/a.csv", TRIPS))
    with changed(tmp_path, "trips", *WIDER["trips"]):
        asked = ReplayRequested(**request(world, event)["detail"])
        assert begin(world.ledger, asked, -6) is not None
        said: list[Any] = []
        Reconciler(
            s3=world.s3,
            landing_bucket=world.landing,
            ledger=world.ledger,
            say=said.extend,
            time_left=lambda: 1,
        ).walk()
        (fact,) = said
        told = {"source": "tidegate", "detail-type": fact.name(), "detail": vars(fact), "time": ""}
        flow(world, told)

        assert world.entry(event).recovered_rows == 1
        assert ids(world, "trips") == [1, 2]
