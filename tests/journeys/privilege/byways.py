"""Ways of the flow that a good day does not take, each walked on the deployed system with its real events."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from infra.cli import drops, land, ledger, registry
from infra.cli.quarantine import replay
from tests.clouds import eventually
from tidegate.facts import FileLanded, FileValidated
from tidegate.lake import layout, tables
from tidegate.lake.announce import announce
from tidegate.lake.entry import State
from tidegate.lake.staging import StagingShelf
from tidegate.models import captures
from tidegate.models.watch.place import Places, Window
from tidegate.plan import plan
from tidegate.settings import Setting

if TYPE_CHECKING:
    from infra.cli.place import Place
    from tidegate.facts import Fact
    from tidegate.lake.entry import Entry

WAIT_SECONDS = 120.0


def walk(place: Place) -> None:
    """Take every byway, and wait until each came to its end."""
    a_look_at_a_model(place)
    an_endpoint_that_nobody_asks(place)
    first = a_flight_file(place)
    a_step_that_was_done_before(place, first)
    a_step_that_fails(place, first)
    a_version_that_is_gone(place, first)
    work_that_stopped(place)
    a_file_that_is_judged_again(place)
    a_table_that_grows(place)
    a_build_of_the_image(place)
    metadata_that_grew_old(place)
    passengers_in_disguise(place)
    a_training_that_keeps_what_it_reads(place)


def a_look_at_a_model(place: Place) -> None:
    """Requests that drifted were answered; the watch strikes, and finishes the window that is open."""
    s3, bucket = place.client("s3"), place.settings[Setting.ARTEFACT_BUCKET]
    serving = registry.endpoint(place, "flight_delay")
    assert serving is not None, "a model is in service"
    now = datetime.now(UTC)
    rows = [{"year": 2013, "month": 3, "day": 1 + at % 28, "origin": "JFK"} for at in range(600)]
    rows = [
        {**row, "carrier": "B6", "flight": at, "time_hour": f"2013-03-{row['day']:02}T15:00:00Z", "minute": 5}
        for at, row in enumerate(rows)
    ]
    body = captures.lines(
        identity="byway",
        moment=captures.moment_of(now),
        version=serving["version"],
        rows=rows,
        features=[{"distance": 9000.0 + at} for at in range(600)],
        scores=[0.2] * 600,
    )
    key = captures.capture_key("flight_delay", now, serving["version"], "byway")
    s3.put_object(Bucket=bucket, Key=key, Body=b"".join(body))
    places = Places(s3, bucket)
    began = now.replace(microsecond=0)  # what other journeys asked came before
    window = Window(began, began + timedelta(minutes=1))
    places.open("flight_delay", places.read("flight_delay"), window)
    _strike_soon(place, "watches")
    eventually(lambda: places.read("flight_delay").window is None, WAIT_SECONDS)


def _strike_soon(place: Place, group: str) -> None:
    """Let a clock strike in a few seconds, everything else of it left as it was deployed."""
    scheduler, name = place.client("scheduler"), f"tidegate-{place.environment}-{group}"
    (listed,) = scheduler.list_schedules(GroupName=name)["Schedules"]
    ours = scheduler.get_schedule(Name=listed["Name"], GroupName=name)
    at = datetime.now(UTC) + timedelta(seconds=3)
    kept = ("Name", "GroupName", "Target", "FlexibleTimeWindow", "State", "Description")
    scheduler.update_schedule(
        **{field: ours[field] for field in kept if field in ours},
        ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})",
        ScheduleExpressionTimezone="UTC",
    )


def a_flight_file(place: Place) -> Entry:
    """A file whose dataset has a step of its own: ten flights, whole and published."""
    text = dict(drops.by_month(drops.all_flights(drops.folder()), range(11, 12)))[11]
    body = b"\n".join(text.splitlines()[:11]) + b"\n"
    return _landed(place, "flights/a-few.csv", body)


def an_endpoint_that_nobody_asks(place: Place) -> None:
    """The clock looks for idle endpoints; by the measure of no days at all, each is one."""
    strike_soon(place, "retire")
    _invoke(place, "retire", {"days": 0})


def a_step_that_was_done_before(place: Place, done: Entry) -> None:
    """The message of a step comes a second time."""
    said = FileValidated(
        object_id=done.object_id, dataset="flights", needs_transform=True, good_rows=1, bad_rows=0
    )
    _say(place, said)
    _emptied(place, Setting.TRANSFORM_QUEUE_URL)


def a_step_that_fails(place: Place, source: Entry) -> None:
    """The staged rows lack what the step reads: the original goes into quarantine."""
    broken = replace(source, object_id=layout.object_id(source.bucket, source.key, "broken"))
    lake = place.settings[Setting.LAKE_BUCKET]
    shelf = StagingShelf(place.client("s3"), lake, "flights", broken.object_id)
    shelf.save([shelf.put(0, None, pl.DataFrame({"nothing": [1]}))])
    _copy_entry(place, source.object_id, broken.object_id, state="validated", lease_until="0")
    _say(
        place,
        FileValidated(
            object_id=broken.object_id, dataset="flights", needs_transform=True, good_rows=1, bad_rows=0
        ),
    )
    _ends(place, broken.object_id, State.QUARANTINED)


def a_version_that_is_gone(place: Place, known: Entry) -> None:
    """An event tells of a version that somebody removed before it was read."""
    _say(
        place,
        FileLanded(bucket=known.bucket, key=known.key, version_id="0" * 32, etag=known.etag, size=known.size),
    )
    gone = layout.object_id(known.bucket, known.key, "0" * 32)
    _ends(place, gone, *(state for state in State if state.is_terminal))


def work_that_stopped(place: Place) -> None:
    """A function died with the file in its hands, and the clock's next stroke finds that."""
    entry = _landed(place, "airlines/stopped.csv", b"carrier,name\nXX,Stopped Air\n")
    _set(place, entry.object_id, state="claimed", lease_until="2")
    strike_soon(place, "reconcile")
    _ends(place, entry.object_id, State.PUBLISHED)


def a_file_that_is_judged_again(place: Place) -> None:
    """A file with a bad row is replayed by its evidence; one that left the landing bucket by its original."""
    some, whole = b"carrier,name\nXY,Again Air\n,Nobody\n", b"carrier\nXY\n"
    ids = [land.put(place, "airlines/some.csv", some), land.put(place, "airlines/whole.csv", whole)]
    entries = land.settled(place, ids, WAIT_SECONDS)
    gone = next(entry for entry in entries if entry.key == "airlines/whole.csv")
    place.client("s3").delete_object(Bucket=gone.bucket, Key=gone.key, VersionId=gone.version_id)
    asked = [replay.request(entry, retract=False, by="byway") for entry in entries]
    announce(place.client("events"), place.settings[Setting.BUS], asked)
    ended = {entry.key: entry for entry in replay.ended(place, asked, WAIT_SECONDS)}
    assert "nothing new" in ended["airlines/some.csv"].note
    assert ended["airlines/whole.csv"].reason.startswith("header_mismatch")


def a_table_that_grows(place: Place) -> None:
    """CloudFormation makes a table, then updates it with one column more."""
    spec = asdict(plan().dataset("airlines").table) | {"name": "grows"}
    fields = [field for field in spec["fields"] if field["name"] != "name"]
    _custom_resource(place, "evolve", "Create", _table(place, spec | {"fields": fields}))
    more = [*fields, {**fields[0], "name": "motto", "required": False}]
    _custom_resource(place, "evolve", "Update", _table(place, spec | {"fields": more}))


def a_build_of_the_image(place: Place) -> None:
    """CloudFormation asks for the models' image, and CodeBuild says that the build has ended."""
    name, codebuild = f"tidegate-{place.environment}-models", place.client("codebuild")
    asked = {"Project": name, "Repository": f"registry/{name}", "Tag": "byway"}
    asked |= {"Dockerfile": "Dockerfile", "Requirements": "requirements.txt"}
    _custom_resource(place, "build", "Create", asked)
    build, *_ = codebuild.list_builds_for_project(projectName=name)["ids"]
    detail = {"project-name": name, "build-id": build, "build-status": "SUCCEEDED"}
    event = {"source": "aws.codebuild", "detail-type": "CodeBuild Build State Change", "detail": detail}
    _invoke(place, "build", event)  # nobody but AWS may put an event of this source on a bus


def metadata_that_grew_old(place: Place) -> None:
    """A table that keeps one version of its metadata drops the older with each commit."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in place.cloud.environment().items() if place.cloud else ():
            environment.setenv(name, value)
        table = tables.catalog().load_table((place.settings[Setting.DATABASE], "airlines"))
        with table.transaction() as change:
            change.set_properties({"write.metadata.previous-versions-max": "1"})
    for code in ("AA", "BB", "CC"):
        _landed(place, "airlines/again.csv", f"carrier,name\nX{code[0]},Again {code}\n".encode())


def passengers_in_disguise(place: Place) -> None:
    """A file with personal data that refers to an airline: its key is asked for, the vault takes what its
    tokens stand for, and nobody else may bring its tickets."""
    header = b"ticket,carrier,seat,bags,name,email,phone\n"
    _landed(place, "airlines/ours.csv", b"carrier,name\nQQ,Ours\n")
    _landed(place, "passengers/a.csv", header + b"2200123456789,QQ,12A,1,Ann Example,ann@example.org,\n")


def a_training_that_keeps_what_it_reads(place: Place) -> None:
    """The table of `metadata_that_grew_old` drops its older metadata also when a snapshot of it is tagged."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in place.cloud.environment().items() if place.cloud else ():
            environment.setenv(name, value)
        head = tables.catalog().load_table((place.settings[Setting.DATABASE], "airlines")).current_snapshot()
    assert head is not None
    fields = ("code", "image", "instance_type", "seed", "prefix", "champion")
    run = {"run": "byway", "model": "none", "cause": {}, "contracts": {}, **dict.fromkeys(fields, "")}
    _invoke(place, "keep", {**run, "tables": {"airlines": str(head.snapshot_id)}})


def strike_soon(place: Place, verb: str) -> None:
    """Let the clock of a function strike in a few seconds, everything else of it left as it was deployed."""
    scheduler = place.client("scheduler")
    pages = scheduler.get_paginator("list_schedules").paginate()
    listed = [one for page in pages for one in page["Schedules"]]
    found = [scheduler.get_schedule(Name=one["Name"], GroupName=one["GroupName"]) for one in listed]
    (ours,) = [one for one in found if one["Target"]["Arn"].endswith(f"-{verb}")]
    at = datetime.now(UTC) + timedelta(seconds=2)
    kept = ("Name", "GroupName", "Target", "FlexibleTimeWindow", "State", "Description")
    scheduler.update_schedule(
        **{name: ours[name] for name in kept if name in ours},
        ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})",
        ScheduleExpressionTimezone="UTC",
    )


def _landed(place: Place, key: str, body: bytes) -> Entry:
    (entry,) = land.settled(place, [land.put(place, key, body)], WAIT_SECONDS)
    assert entry.state is State.PUBLISHED, entry
    return entry


def _say(place: Place, fact: Fact) -> None:
    place.client("events").put_events(Entries=[fact.entry(place.settings[Setting.BUS])])


def _copy_entry(place: Place, source: str, made: str, **changed: str) -> None:
    client, table = place.client("dynamodb"), place.settings[Setting.LEDGER_TABLE]
    item = client.get_item(TableName=table, Key={"object_id": {"S": source}})["Item"]
    client.put_item(TableName=table, Item={**item, "object_id": {"S": made}})
    _set(place, made, **changed)


def _set(place: Place, object_id: str, *, state: str, lease_until: str) -> None:
    place.client("dynamodb").update_item(
        TableName=place.settings[Setting.LEDGER_TABLE],
        Key={"object_id": {"S": object_id}},
        UpdateExpression="SET #state = :state, lease_until = :until",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":state": {"S": state}, ":until": {"N": lease_until}},
    )


def _table(place: Place, spec: dict[str, Any]) -> dict[str, str]:
    location = f"s3://{place.settings[Setting.LAKE_BUCKET]}/tables/{spec['name']}"
    return {"spec": json.dumps(spec), "database": place.settings[Setting.DATABASE], "location": location}


def _custom_resource(place: Place, verb: str, kind: str, properties: dict[str, str]) -> None:
    s3, bucket = place.client("s3"), place.settings[Setting.ARTEFACT_BUCKET]
    where = {"Bucket": bucket, "Key": f"athena/{verb}-{kind}.json"}
    event = {
        "RequestType": kind,
        "ResponseURL": s3.generate_presigned_url("put_object", Params=where),
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Byway",
        "ResourceProperties": properties,
    }
    _invoke(place, verb, event)
    if verb == "evolve":
        answer = json.loads(s3.get_object(**where)["Body"].read())
        assert answer["Status"] == "SUCCESS", answer


def _invoke(place: Place, verb: str, event: dict[str, Any]) -> None:
    name = f"tidegate-{place.environment}-{verb}"
    place.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())


def _emptied(place: Place, queue: Setting) -> None:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def empty() -> bool:
        told = place.client("sqs").get_queue_attributes(QueueUrl=place.settings[queue], AttributeNames=names)
        return all(int(told["Attributes"][name]) == 0 for name in names)

    time.sleep(1)  # the rule puts the message there
    eventually(empty, WAIT_SECONDS)


def _ends(place: Place, object_id: str, *states: State) -> None:
    def ended() -> bool:
        return any(one.object_id == object_id and one.state in states for one in ledger.files(place))

    eventually(ended, WAIT_SECONDS)
