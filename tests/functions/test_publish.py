"""Everything that waits for a table goes in by one commit, once, whoever dies or comes at the same time."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import botocore.exceptions
import pytest

from functions import publish, transform, validate
from tests.functions.world import Context, World, landed, messages
from tidegate import aws
from tidegate.lake import tables
from tidegate.lake.entry import State
from tidegate.lake.lease import TableLease
from tidegate.plan import plan
from tidegate.settings import Setting

if TYPE_CHECKING:
    from tidegate.facts import TablePublished

# A killed call leaves its connection open, as a killed process does.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
HEADER = b"id,rider,price,day\n"


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    validate.intake.cache_clear()
    transform.step.cache_clear()


def validated(world: World, *events: dict[str, Any]) -> list[dict[str, Any]]:
    """Land and validate; the facts that ring for a publisher are returned."""
    validate.handler(messages(*events), Context())
    return [fact for fact in world.heard() if fact["detail-type"] == "FileValidated"]


def trip(number: int) -> bytes:
    return HEADER + f"{number},ann,1.5,2013-{number % 12 + 1:02}-01\n".encode()


def snapshots(world: World, dataset: str) -> int:
    return len(tables.load(tables.catalog(), world.settings[Setting.DATABASE], dataset).snapshots())


def test_many_files_are_published_by_one_commit_and_each_row_names_its_file(world: World) -> None:
    world.create_table("trips")
    events = [world.put(f"trips/{number}.csv", trip(number)) for number in range(1, 6)]
    rings = validated(world, *events)

    assert publish.handler(messages(*rings), Context()) == {"batchItemFailures": []}

    assert snapshots(world, "trips") == 1
    rows = world.rows("trips").sort("id")
    assert rows["id"].to_list() == [1, 2, 3, 4, 5]
    assert rows["_object_id"].to_list() == [landed(event).object_id for event in events]
    assert {world.entry(event).state for event in events} == {State.PUBLISHED}
    (fact,) = world.heard()
    assert (fact["detail"]["rows"], len(fact["detail"]["object_ids"])) == (5, 5)


def test_a_reader_prunes_files_by_their_bounds_and_partitions(world: World) -> None:
    table = world.create_table("trips")
    events = [world.put(f"trips/{number}.csv", trip(number)) for number in (1, 2, 3)]
    publish.handler(messages(*validated(world, *events)), Context())

    table = table.refresh()

    assert len(list(table.scan(row_filter="day = '2013-02-01'").plan_files())) == 1
    assert len(list(table.scan(row_filter="id = 3").plan_files())) == 1
    assert len(list(table.scan(row_filter="id > 3").plan_files())) == 0


def test_a_file_with_bad_rows_is_published_partly(world: World) -> None:
    world.create_table("trips")
    event = world.put("trips/some.csv", trip(1) + b"0,bo,1,2013-01-01\n")

    publish.handler(messages(*validated(world, event)), Context())

    assert world.entry(event).state is State.PARTLY_PUBLISHED
    assert world.rows("trips").height == 1


def test_a_doorbell_that_comes_late_finds_nothing_to_do(world: World) -> None:
    world.create_table("trips")
    rings = validated(world, world.put("trips/1.csv", trip(1)))
    publish.handler(messages(*rings), Context())

    assert publish.handler(messages(*rings, *rings), Context()) == {"batchItemFailures": []}

    assert snapshots(world, "trips") == 1
    assert world.rows("trips").height == 1


def test_two_publishers_at_once_lose_nothing_and_double_nothing(world: World) -> None:
    world.create_table("trips")
    rings = validated(world, *(world.put(f"trips/{n}.csv", trip(n)) for n in range(1, 9)))
    told: list[TablePublished] = []

    def run(some: list[dict[str, Any]]) -> None:
        for ring in some:
            told.extend(publish.publisher(60).publish("trips", "append", ring["detail"]["object_id"]))

    workers = [threading.Thread(target=run, args=(rings[start::2],)) for start in (0, 1)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sum(fact.rows for fact in told) == 8
    assert sorted(world.rows("trips")["id"].to_list()) == list(range(1, 9))


def test_a_table_that_another_holds_hands_the_message_back(world: World) -> None:
    world.create_table("trips")
    rings = validated(world, world.put("trips/1.csv", trip(1)))
    TableLease(world.ledger, "trips", owner="another", seconds=60).take()
    batch = messages(*rings)

    answer = publish.handler(batch, Context(seconds=-4))

    assert answer == {"batchItemFailures": [{"itemIdentifier": batch["Records"][0]["messageId"]}]}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_commit_whose_acknowledgement_is_lost_is_made_once(world: World, when: str) -> None:
    """The connection breaks before Glue is asked, or after it has answered: nobody can tell which."""
    world.create_table("trips")
    rings = validated(world, world.put("trips/1.csv", trip(1)))
    glue = aws.client("glue", retries=0)
    broken: list[str] = []

    def lose(**_: Any) -> None:
        if not broken:
            broken.append(when)
            raise botocore.exceptions.ConnectionClosedError(endpoint_url="glue")

    hook = "before-send.glue.UpdateTable" if when == "before" else "after-call.glue.UpdateTable"
    glue.meta.events.register(hook, lose)

    assert publish.handler(messages(*rings), Context()) == {"batchItemFailures": []}

    assert broken == [when]
    assert world.rows("trips")["id"].to_list() == [1]
    assert snapshots(world, "trips") == 1


@pytest.mark.parametrize("operation", ["TransactWriteItems", "PutEvents", "UpdateTable", "UpdateItem"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_publisher_that_dies_at_a_call_leaves_what_the_next_one_completes(
    world: World, operation: str, when: str
) -> None:
    world.create_table("trips")
    rings = validated(world, world.put("trips/1.csv", trip(1)), world.put("trips/2.csv", trip(2)))
    service = {"PutEvents": "events", "UpdateTable": "glue"}.get(operation, "dynamodb")
    client = aws.client("glue", retries=0) if service == "glue" else aws.client(service)

    class Died(BaseException):
        """The process is gone: no `except Exception` sees it."""

    def die(**_: Any) -> None:
        raise Died

    hook = f"{'before-send' if when == 'before' else 'after-call'}.{service}.{operation}"
    if service == "events":
        hook = hook.replace("events", "eventbridge")
    client.meta.events.register(hook, die)
    with pytest.raises(Died):
        publish.handler(messages(*rings), Context(seconds=-4))
    client.meta.events.unregister(hook, die)

    publish.handler(messages(*rings), Context())

    assert sorted(world.rows("trips")["id"].to_list()) == [1, 2]
    assert snapshots(world, "trips") == 1
    assert all(world.ledger.get(ring["detail"]["object_id"]).state is State.PUBLISHED for ring in rings)
    assert "TablePublished" in [fact["detail-type"] for fact in world.heard()]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("together", [True, False])
def test_a_newer_version_takes_the_place_of_an_older_one_in_any_order(
    world: World, order: tuple[int, int], together: bool
) -> None:
    world.create_table("stays")
    other = world.put("stays/other.csv", b"id,nights\n9,9\n")
    versions = [
        world.put("stays/a.csv", b"id,nights\n1,1\n2,1\n"),
        world.put("stays/a.csv", b"id,nights\n1,7\n"),
    ]
    publish.handler(messages(*validated(world, other)), Context())
    world.heard()
    in_order = [versions[index] for index in order]

    for some in [in_order] if together else [[event] for event in in_order]:
        publish.handler(messages(*validated(world, *some)), Context())

    rows = world.rows("stays").sort("id").select("id", "nights").rows()
    assert rows == [(1, 7), (9, 9)]
    if together or order == (1, 0):
        assert world.entry(versions[0]).state is State.IGNORED
        assert "newer version" in world.entry(versions[0]).reason


def test_more_files_than_one_commit_takes_are_all_published(world: World) -> None:
    world.create_table("trips")
    rings = validated(world, *(world.put(f"trips/{n}.csv", trip(n)) for n in range(1, 6)))

    narrow = replace(publish.publisher(60), most_objects=2)
    rung = rings[0]["detail"]
    facts = narrow.publish("trips", plan().dataset("trips").overwrite, rung["object_id"])

    assert [fact.rows for fact in facts] == [2, 2, 1]
    assert world.rows("trips").height == 5


def test_a_step_runs_between_and_rows_it_breaks_are_quarantined(world: World) -> None:
    world.create_table("readings")
    body = b"station,day,hour,tenths\nJFK,2013-01-01,5,101\nJFK,2013-01-01,6,900\nLGA,2013-01-02,7,-3\n"
    event = world.put("readings/a.csv", body)
    validate.handler(messages(event), Context())
    transform.handler(messages(*world.heard()), Context())
    facts = world.heard()

    publish.handler(messages(*[f for f in facts if f["detail-type"] == "FileTransformed"]), Context())

    rows = world.rows("readings").sort("at")
    assert rows["degrees"].to_list() == pytest.approx([10.1, -0.3])
    assert [str(at) for at in rows["at"]] == ["2013-01-01 05:00:00+00:00", "2013-01-02 07:00:00+00:00"]
    entry = world.entry(event)
    assert (entry.state, entry.total_rows, entry.good_rows, entry.bad_rows) == (
        State.PARTLY_PUBLISHED,
        3,
        2,
        1,
    )
