"""A training is started once, with what it reads, on real tables, executions and records."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import Any

import pytest

from tests.clouds import eventually
from tests.tidegate.models.plans import MODEL, PLAN
from tidegate.errors import CommitConflict, Refused
from tidegate.models.decide import Nothing, Start, Wish, decide
from tidegate.models.in_service import Records
from tidegate.models.trainings import Trainings

OBJECTS = {"object_ids": ["a"] * 9, "data_files": ["b"] * 9}
PUBLISHED = Wish.from_event(
    {
        "id": "e-1",
        "detail-type": "TablePublished",
        "detail": {"dataset": "flights", "snapshot_id": "1", **OBJECTS},
    }
)
PERSON = Wish.from_event({"model": "flight_delay", "cause": "Person"})


class Packages:
    """Stands for SageMaker's registry."""

    def describe_model_package(self, ModelPackageName: str) -> dict[str, Any]:
        version = ModelPackageName.rpartition("/")[2]
        return {"InferenceSpecification": {"Containers": [{"ModelDataUrl": f"s3://models/{version}.tar.gz"}]}}


def role(cloud: Any, name: str) -> str:
    """A role that a state machine may take."""
    states = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [states]})
    made: str = cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    return made


@pytest.fixture
def trainings(cloud: Any) -> Trainings:
    name = f"t{uuid.uuid4().hex[:8]}"
    s3, glue, states = (cloud.client(service) for service in ("s3", "glue", "stepfunctions"))
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    glue.create_database(DatabaseInput={"Name": name})
    done = {"StartAt": "D", "States": {"D": {"Type": "Succeed"}}}
    machine = states.create_state_machine(name=name, definition=json.dumps(done), roleArn=role(cloud, name))[
        "stateMachineArn"
    ]
    cloud.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "model", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "model", "AttributeType": "S"}],
    )
    return Trainings(
        s3=s3,
        glue=glue,
        states=states,
        sagemaker=Packages(),
        bucket=name,
        database=name,
        machine=machine,
        records=Records(cloud.client("dynamodb"), name),
        image="image:1",
    )


def publish(trainings: Trainings, table: str, snapshot: int, rows: int) -> None:
    """Let a table hold so many rows, as its metadata file tells."""
    metadata = {
        "current-snapshot-id": snapshot,
        "snapshots": [{"snapshot-id": snapshot, "summary": {"total-records": str(rows)}}],
    }
    key = f"tables/{table}/metadata/{snapshot}.metadata.json"
    trainings.s3.put_object(Bucket=trainings.bucket, Key=key, Body=json.dumps(metadata))
    described = {"Name": table, "Parameters": {"metadata_location": f"s3://{trainings.bucket}/{key}"}}
    try:
        trainings.glue.create_table(DatabaseName=trainings.database, TableInput=described)
    except trainings.glue.exceptions.AlreadyExistsException:
        trainings.glue.update_table(DatabaseName=trainings.database, TableInput=described)


def wanted(trainings: Trainings, wish: Wish = PUBLISHED) -> Start:
    decision = decide(MODEL, PLAN, wish, trainings.seen(MODEL))
    assert isinstance(decision, Start), decision
    return decision


def finished(trainings: Trainings, run: str) -> dict[str, Any]:
    arn = f"{trainings.machine.replace(':stateMachine:', ':execution:')}:{run}"

    def ended() -> dict[str, Any] | None:
        told: dict[str, Any] = trainings.states.describe_execution(executionArn=arn)
        return None if told["status"] == "RUNNING" else told

    return eventually(ended)


def test_a_training_is_started_with_the_snapshots_of_its_tables(trainings: Trainings) -> None:
    publish(trainings, "flights", 101, 200)
    publish(trainings, "weather", 102, 5)
    start = wanted(trainings)
    assert trainings.start(start) == f"started {start.run}"
    told = json.loads(finished(trainings, start.run)["input"])
    assert told["tables"] == {"flights": "101", "weather": "102"}
    assert told["cause"]["kind"] == "TablePublished"
    assert told["cause"]["event"]["detail"] == {"dataset": "flights", "snapshot_id": "1"}
    record = trainings.s3.get_object(Bucket=trainings.bucket, Key=f"runs/flight_delay/{start.run}/run.json")[
        "Body"
    ].read()
    assert json.loads(record) == told


def test_the_same_event_again_starts_nothing(trainings: Trainings) -> None:
    publish(trainings, "flights", 101, 200)
    publish(trainings, "weather", 102, 5)
    start = wanted(trainings)
    trainings.start(start)
    finished(trainings, start.run)
    again = decide(MODEL, PLAN, PUBLISHED, trainings.seen(MODEL))
    assert isinstance(again, Nothing)
    assert "has learned from the same data" in again.reason


def test_of_two_that_decide_at_once_one_goes_on(trainings: Trainings) -> None:
    publish(trainings, "flights", 101, 200)
    publish(trainings, "weather", 102, 5)
    first = wanted(trainings)
    publish(trainings, "weather", 103, 6)
    second = wanted(trainings)
    trainings.start(first)
    with pytest.raises(CommitConflict, match="another event started one"):
        trainings.start(second)


def test_new_rows_are_counted_from_the_last_training_on(trainings: Trainings) -> None:
    publish(trainings, "flights", 101, 200)
    publish(trainings, "weather", 102, 5)
    start = wanted(trainings)
    trainings.start(start)
    finished(trainings, start.run)
    publish(trainings, "flights", 104, 299)
    few = decide(MODEL, PLAN, PUBLISHED, trainings.seen(MODEL))
    assert isinstance(few, Nothing)
    assert few.reason.startswith("99 new rows")
    assert wanted(trainings, PERSON).tables["flights"] == "104"
    publish(trainings, "flights", 105, 300)
    assert wanted(trainings).tables["flights"] == "105"


def test_a_start_that_comes_twice_leaves_the_record_as_the_training_has_it(trainings: Trainings) -> None:
    publish(trainings, "flights", 101, 200)
    publish(trainings, "weather", 102, 5)
    start = wanted(trainings)
    trainings.start(start)
    told = finished(trainings, start.run)["input"]
    trainings.records.change(MODEL.name, lambda now: now.answers(1, "arn:group/1"))
    again = replace(start, wish=PERSON, etag=trainings.seen(MODEL).etag)
    assert trainings.start(again) in (f"{start.run} was started before", f"started {start.run}")
    key = f"runs/flight_delay/{start.run}/run.json"
    record = trainings.s3.get_object(Bucket=trainings.bucket, Key=key)["Body"].read()
    assert json.loads(record) == json.loads(told)


def test_a_table_that_does_not_exist_or_was_never_written_is_waited_for(trainings: Trainings) -> None:
    publish(trainings, "flights", 101, 200)
    seen = trainings.seen(MODEL)
    assert set(seen.tables) == {"flights"}


def test_the_champion_is_what_answered_last_whether_or_not_there_is_an_endpoint(trainings: Trainings) -> None:
    """An endpoint that nobody asked is switched off: its version is the one to beat all the same."""
    publish(trainings, "flights", 101, 200)
    publish(trainings, "weather", 102, 5)
    for version in (1, 2):
        trainings.records.change(MODEL.name, lambda now, v=version: now.answers(v, f"arn:group/{v}"))  # type: ignore[misc]
    trainings.records.change(MODEL.name, lambda now: now.begins(3))
    start = wanted(trainings)
    trainings.start(start)
    assert json.loads(finished(trainings, start.run)["input"])["champion"] == "s3://models/2.tar.gz"


def test_a_pipeline_gets_a_record_of_its_own_and_keeps_nobody_from_training(trainings: Trainings) -> None:
    wish = Wish.from_event({"model": "flight_delay", "cause": "Pipeline", "execution": "e1"})
    with pytest.raises(Refused, match="waits for rows in: flights, weather"):
        trainings.record(MODEL, PLAN, wish)
    publish(trainings, "flights", 101, 200)
    publish(trainings, "weather", 102, 5)
    start = wanted(trainings)
    trainings.start(start)
    finished(trainings, start.run)
    told = trainings.record(MODEL, PLAN, wish)
    assert told["run"] == f"{start.run}-e1"
    assert told["champion"] == f"{told['prefix']}/run.json"
    key = f"runs/flight_delay/{told['run']}/run.json"
    record = json.loads(trainings.s3.get_object(Bucket=trainings.bucket, Key=key)["Body"].read())
    assert (record["tables"], record["cause"]["kind"]) == (dict(start.tables), "Pipeline")
    last = trainings.s3.get_object(Bucket=trainings.bucket, Key="runs/flight_delay/last.json")["Body"].read()
    assert json.loads(last)["run"] == start.run


def test_what_a_drift_led_to_lies_beside_its_report(trainings: Trainings) -> None:
    key = "watch/flight_delay/reports/20261125T120000Z"
    detail = {"model": "flight_delay", "report": f"s3://{trainings.bucket}/{key}.json"}
    drift = Wish.from_event({"detail-type": "DriftFound", "detail": detail})
    trainings.tell_report(drift, "started flight-delay-1")
    trainings.tell_report(drift, "flight-delay-1 is under way")  # the fact came twice
    told = trainings.s3.get_object(Bucket=trainings.bucket, Key=f"{key}.led-to.json")["Body"].read()
    assert json.loads(told)["outcome"] == "started flight-delay-1"


@pytest.mark.parametrize("report", ["s3://elsewhere/watch/x.json", "", "s3://{bucket}/runs/x.json"])
def test_a_drift_without_a_report_of_ours_leaves_nothing(trainings: Trainings, report: str) -> None:
    detail = {"model": "flight_delay", "report": report.format(bucket=trainings.bucket)}
    trainings.tell_report(Wish.from_event({"detail-type": "DriftFound", "detail": detail}), "nothing")
    assert "Contents" not in trainings.s3.list_objects_v2(Bucket=trainings.bucket)


def test_the_trainings_of_the_model_are_known_with_their_times(trainings: Trainings) -> None:
    publish(trainings, "flights", 101, 200)
    publish(trainings, "weather", 102, 5)
    start = wanted(trainings)
    trainings.start(start)
    finished(trainings, start.run)
    (past,) = trainings.seen(MODEL).past
    assert past.run == start.run
    assert past.ended is not None
    assert past.began <= past.ended <= trainings.seen(MODEL).now
