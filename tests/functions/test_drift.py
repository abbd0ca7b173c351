"""What arrives differs from its contract: it is decided as the dataset says, and said once."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import polars as pl
import pytest

from functions import publish, transform, validate
from infra.local.athena.access import Access
from infra.local.athena.engine import Query, run
from tests.functions.test_crashes import Crash, flow
from tests.functions.world import Context, World, landed, messages
from tidegate.contract.changes import OnChange
from tidegate.errors import Refused
from tidegate.lake import columns, tables
from tidegate.lake.columns import GainedColumns
from tidegate.lake.entry import State
from tidegate.plan import Field, plan
from tidegate.settings import Setting

if TYPE_CHECKING:
    from infra.local.cloud import LocalCloud
    from tidegate.plan import TableSpec

# A killed call leaves its connection open, as a killed process does.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
COLUMNS = plan
HOUR = {
    "origin": "JFK", "year": 2013, "month": 1, "day": 1, "hour": 6, "temp": 39.02, "dewp": 26.06,
    "humid": 59.37, "wind_dir": 270, "wind_speed": 10.35702, "wind_gust": "NA", "precip": 0,
    "pressure": 1012, "visib": 10, "time_hour": "2013-01-01T11:00:00Z",
}  # fmt: skip
LEG = {
    "year": 2013, "month": 1, "day": 1, "dep_time": 517, "sched_dep_time": 515, "dep_delay": 2,
    "arr_time": 830, "sched_arr_time": 819, "arr_delay": 11, "carrier": "UA", "flight": 1545,
    "tailnum": "N14228", "origin": "EWR", "dest": "IAH", "air_time": 227, "distance": 1400, "hour": 5,
    "minute": 15, "time_hour": "2013-01-01T10:00:00Z",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    validate.intake.cache_clear()
    transform.step.cache_clear()


@pytest.fixture
def under(world: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Work in an environment where changes are treated so."""

    def choose(policy: OnChange) -> None:
        monkeypatch.setenv(Setting.ENVIRONMENT.value, policy.value)
        validate.intake.cache_clear()

    return choose


def csv(*rows: dict[str, Any]) -> bytes:
    return (
        pl.DataFrame([{name: str(value) for name, value in row.items()} for row in rows]).write_csv().encode()
    )


def deliver(world: World, *events: dict[str, Any]) -> list[dict[str, Any]]:
    """Run everything that follows; what is said of drift is returned."""
    drifts = []
    queue = list(events)
    while queue:
        told = queue.pop(0)
        kind, detail = told["detail-type"], told["detail"]
        function: Any = {"Object Created": validate, "FileLanded": validate, "FileTransformed": publish}.get(
            kind
        )
        if kind == "FileValidated":
            function = transform if detail["needs_transform"] else publish
        if kind == "SchemaDrifted":
            drifts.append(detail)
        if function is not None:
            assert function.handler(messages(told), Context()) == {"batchItemFailures": []}
            queue += world.heard()
    return drifts


def test_a_new_column_becomes_one_of_text_in_the_table_and_is_said_once(world: World, under: Any) -> None:
    under(OnChange.EVOLVE)
    world.create_table("hours")
    before = world.put("hours/1.csv", csv(HOUR))
    event = world.put(
        "hours/2.csv", csv({**HOUR, "hour": 7, "time_hour": "2013-02-01T12:00:00Z", "Sky": "blue"})
    )
    again = world.put(
        "hours/3.csv", csv({**HOUR, "hour": 8, "time_hour": "2013-01-01T13:00:00Z", "Sky": "grey"})
    )

    (said,) = deliver(world, before, event, again)

    assert world.rows("hours").sort("hour").select("hour", "sky").rows() == [
        (6, None),
        (7, "blue"),
        (8, "grey"),
    ]
    assert (said["added"], said["policy"], said["outcome"]) == (["Sky"], "evolve", "accepted")
    assert said["said"] == "'Sky' is new, now the text column sky"
    assert (said["object_id"], said["key"]) == (world.entry(event).object_id, "hours/2.csv")
    assert "blue" not in json.dumps(said)
    assert [world.entry(one).drift for one in (before, event, again)] == ["", "added Sky", "added Sky"]
    assert [world.entry(one).drifts_first_seen for one in (event, again)] == [1, 0]


def test_permissive_rescues_and_strict_refuses(world: World, under: Any) -> None:
    world.create_table("hours")
    under(OnChange.PERMISSIVE)
    (said,) = deliver(world, world.put("hours/1.csv", csv({**HOUR, "Sky": "blue", "a b": "x"})))
    assert said["said"] == "'Sky' is new, kept in _rescued; 'a b' is new, kept in _rescued"
    under(OnChange.STRICT)
    strict = world.put("hours/2.csv", csv({**HOUR, "hour": 7, "Moon": "new"}))
    (said,) = deliver(world, strict)
    assert (said["added"], said["outcome"]) == (["Moon"], "refused")
    assert world.entry(strict).state is State.QUARANTINED
    (rescued,) = world.rows("hours")["_rescued"]
    assert json.loads(rescued) == {"Sky": "blue", "a b": "x"}


def test_athena_reads_gained_columns_and_finds_nothing_where_no_file_brought_them(
    world: World, cloud: LocalCloud, under: Any
) -> None:
    world.create_table("hours")
    rows = [{**HOUR, "hour": at, "time_hour": f"2013-01-01T{at + 5:02}:00:00Z"} for at in range(3)]
    files = {OnChange.STRICT: rows[0], OnChange.EVOLVE: {**rows[1], "Sky": "blue"}}
    files[OnChange.PERMISSIVE] = {**rows[2], "Sky": "grey"}
    for policy, row in files.items():
        under(policy)
        deliver(world, world.put(f"hours/{policy}.csv", csv(row)))

    asked = "SELECT hour, SKY, json_extract_scalar(_rescued, '$.Sky'), count(_object_id) FROM hours"
    query = Query(f"{asked} GROUP BY 1, 2, 3 ORDER BY hour", database=world.settings[Setting.DATABASE])
    found = run(query, Access(boto3.Session(region_name="eu-west-1"), cloud.endpoint)).rows

    assert [tuple(row.values()) for row in found.to_pylist()] == [
        ("0", None, None, "1"), ("1", "blue", None, "1"), ("2", None, "grey", "1"),
    ]  # fmt: skip


def test_files_that_bring_different_columns_at_the_same_time_lose_none(world: World, under: Any) -> None:
    under(OnChange.EVOLVE)
    world.create_table("hours")
    events = [
        world.put(
            f"hours/{at}.csv",
            csv({**HOUR, "hour": at, "time_hour": f"2013-0{at % 3 + 1}-01T{at:02}:00:00Z", f"c{at % 4}": at}),
        )
        for at in range(8)
    ]
    for event in events:
        validate.handler(messages(event), Context())
    heard = world.heard()
    rings = [told["detail"]["object_id"] for told in heard if told["detail-type"] == "FileValidated"]

    def run(some: list[str]) -> None:
        for object_id in some:
            publish.publisher(60).publish("hours", "append", object_id)

    workers = [threading.Thread(target=run, args=(rings[start::2],)) for start in (0, 1)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    rows = world.rows("hours").sort("hour")
    assert [row[f"c{at % 4}"] for at, row in enumerate(rows.iter_rows(named=True))] == [
        str(at) for at in range(8)
    ]
    assert sum(told["detail-type"] == "SchemaDrifted" for told in heard) == 4


def test_concurrent_files_with_the_same_changes_say_them_once_and_together(world: World, under: Any) -> None:
    under(OnChange.EVOLVE)
    events = [world.put(f"hours/{at}.csv", csv({**HOUR, "a": at, "b": at})) for at in range(6)]
    workers = [
        threading.Thread(target=validate.intake().validate, args=(landed(event), 60)) for event in events
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    drifts = [told["detail"] for told in world.heard() if told["detail-type"] == "SchemaDrifted"]
    assert [drift["added"] for drift in drifts] == [["a", "b"]]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_function_that_dies_at_any_call_neither_loses_the_fact_nor_a_value(
    world: World, under: Any, full: bool, when: str
) -> None:
    under(OnChange.EVOLVE)
    world.create_table("hours")
    heard: list[dict[str, Any]] = []
    killed = []
    for at in range(1 if full else 2, 60, 1 if full else 4):
        event = world.put(f"hours/{at}.csv", csv({**HOUR, "hour": at % 24, f"c{at}": at}))
        with Crash(at, when) as crash:
            flow(Remembering(world, heard), event)  # type: ignore[arg-type]
        assert world.entry(event).state is State.PUBLISHED
        assert world.entry(event).drifts_first_seen == 1
        if not crash.done:
            break
        killed.append(at)

    told = [one["detail"]["added"] for one in heard if one["detail-type"] == "SchemaDrifted"]
    rows = world.rows("hours")
    for at in killed:
        assert [f"c{at}"] in told
        assert rows[f"c{at}"].drop_nulls().to_list() == [str(at)]
    assert len(killed) > 5


class Remembering:
    """A world whose facts are kept as well."""

    def __init__(self, world: World, heard: list[dict[str, Any]]) -> None:
        self._world, self._heard = world, heard

    def heard(self) -> list[dict[str, Any]]:
        found = self._world.heard()
        self._heard += found
        return found


def test_the_table_gains_no_more_columns_than_it_may(world: World, under: Any) -> None:
    under(OnChange.EVOLVE)
    names = GainedColumns(world.ledger, "hours", most=3)
    assert [names.admit(name) for name in ("a", "b", "a", "c", "d", "b")] == [
        True,
        True,
        True,
        True,
        False,
        True,
    ]
    again = GainedColumns(world.ledger, "hours", most=3)
    assert [again.admit(name) for name in ("d", "c")] == [False, True]


def with_field(spec: TableSpec, kind: str) -> TableSpec:
    *columns, object_id = spec.fields
    return replace(
        spec, fields=(*columns, Field(name="sky", type=kind, required=True, doc="The sky."), object_id)
    )


def test_a_contract_may_leave_a_gained_column_unnamed_name_it_as_text_and_leave_it_again(
    world: World, under: Any
) -> None:
    under(OnChange.EVOLVE)
    world.create_table("hours")
    deliver(world, world.put("hours/1.csv", csv({**HOUR, "sky": "blue"})))
    glue, database, spec = tables.catalog(), world.settings[Setting.DATABASE], plan().dataset("hours").table
    location = f"s3://{world.lake}/tables/hours"

    for wanted in (spec, with_field(spec, "string"), spec):
        table = tables.create_or_evolve(glue, database, location, wanted)
        assert table.schema().find_field("sky").optional
        assert world.rows("hours")["sky"].to_list() == ["blue"]

    with pytest.raises(Refused, match="Name it as str") as refused:
        tables.create_or_evolve(glue, database, location, with_field(spec, "long"))
    assert "sky_long" in refused.value.next_step


def test_a_file_whose_new_column_the_contract_has_typed_meanwhile_is_checked_again(
    world: World, under: Any
) -> None:
    under(OnChange.EVOLVE)
    world.create_table("hours")
    event = world.put("hours/1.csv", csv({**HOUR, "sky": "blue"}))
    other = world.put("hours/2.csv", csv({**HOUR, "hour": 9}))
    for one in (event, other):
        validate.handler(messages(one), Context())
    rings = [told for told in world.heard() if told["detail-type"] == "FileValidated"]
    spec = with_field(plan().dataset("hours").table, "long")
    tables.create_or_evolve(
        tables.catalog(), world.settings[Setting.DATABASE], f"s3://{world.lake}/tables/hours", spec
    )

    slow = world.entry(other)
    publish.handler(messages(*rings), Context())
    assert not columns.send_back(world.ledger, slow)

    assert world.entry(event).state is State.CLAIMED
    assert world.entry(other).state is State.PUBLISHED
    assert [told["detail"]["key"] for told in world.heard() if told["detail-type"] == "FileLanded"] == [
        "hours/1.csv"
    ]


@pytest.mark.parametrize("policy", [OnChange.EVOLVE, OnChange.PERMISSIVE])
def test_a_step_sees_the_contracts_columns_and_what_came_beside_finds_its_row(
    world: World, under: Any, policy: OnChange
) -> None:
    under(policy)
    world.create_table("legs")
    rows = [{**LEG, "flight": number, "Gate": f"G{number}"} for number in (1, 2, 3)]
    deliver(world, world.put("legs/1.csv", csv(*rows)), world.put("legs/2.csv", csv({**LEG, "flight": 4})))

    found = world.rows("legs").sort("flight").rows(named=True)

    if policy is OnChange.EVOLVE:
        assert [row["gate"] for row in found] == ["G1", "G2", "G3", None]
    else:
        told = [row["_rescued"] and json.loads(row["_rescued"]) for row in found]
        assert told == [{"Gate": "G1"}, {"Gate": "G2"}, {"Gate": "G3"}, None]


def test_a_step_that_gives_rows_another_key_may_not_part_them_from_what_came_beside(
    world: World, under: Any
) -> None:
    under(OnChange.EVOLVE)
    world.create_table("legs")
    event = world.put("legs/1.csv", csv({**LEG, "dest": "REKEYED", "gate": "G1"}))
    deliver(world, event)
    assert world.entry(event).state is State.QUARANTINED
    assert world.entry(event).reason == "step_failed: the step raised KeyChanged"
