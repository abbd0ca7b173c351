"""One version is told whole, and one answer is followed back, with a word on each link that is missing."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from infra.cli import lineage, traces, version
from infra.cli.place import Place
from tests.tidegate.models import candidates
from tests.tidegate.models.test_gating import RUN
from tidegate.errors import BadRequest, NotFound
from tidegate.models import captures
from tidegate.models.gating import package_request
from tidegate.models.registry_card import registry_card
from tidegate.models.run import resource_name
from tidegate.models.text.gating import package_request as text_request
from tidegate.settings import Setting

if TYPE_CHECKING:
    from infra.local.cloud import LocalCloud

ENVIRONMENT = "version-tests"
BUCKET = "version-tests-artefact"
IMAGE = RUN.image.replace("/tidegate:", "/tidegate-models:")
MADE_BY = dataclasses.replace(RUN, image=IMAGE, prefix=f"s3://{BUCKET}/runs/flight_delay/{RUN.run}")
SETTINGS = {
    Setting.ARTEFACT_BUCKET: BUCKET,
    Setting.LEDGER_TABLE: "version-tests-ledger",
    Setting.SERVING_TABLE: "version-tests-serving",
    Setting.DATABASE: "version_tests",
}
HERE, LOST = "a" * 32, "b" * 32
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


@pytest.fixture(scope="module")
def place(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A registered version with its evaluation, one of its two files in the ledger, and no job."""
    where = Place(ENVIRONMENT, cloud)
    s3 = where.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for table, key in ((Setting.LEDGER_TABLE, "object_id"), (Setting.SERVING_TABLE, "model")):
        where.client("dynamodb").create_table(
            TableName=SETTINGS[table],
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    for setting, value in {**SETTINGS, Setting.DEPLOYMENT_MACHINE_ARN: _machine(where)}.items():
        name = f"/tidegate/{ENVIRONMENT}/{setting.parameter}"
        where.client("ssm").put_parameter(Name=name, Value=value, Type="String")
    _put_file(where)
    _put_table(where)
    report = candidates.judged(candidates.fitted(candidates.fit, tmp_path_factory.mktemp("model")))
    folder = f"runs/flight_delay/{RUN.run}"
    material = {"run": json.loads(MADE_BY.to_json()), "sources": {"flights": [HERE, LOST]}}
    for key, told in (("evaluation/evaluation.json", report), ("data/train/material.json", material)):
        s3.put_object(Bucket=BUCKET, Key=f"{folder}/{key}", Body=json.dumps(told))
    _register(where, report)
    return where


def _machine(where: Place) -> str:
    where.client("iam").create_role(RoleName=ENVIRONMENT, AssumeRolePolicyDocument=json.dumps(TRUST))
    states = {"Deployed": {"Type": "Succeed"}}
    made = where.client("stepfunctions").create_state_machine(
        name=ENVIRONMENT,
        definition=json.dumps({"QueryLanguage": "JSONata", "StartAt": "Deployed", "States": states}),
        roleArn=f"arn:aws:iam::000000000000:role/{ENVIRONMENT}",
    )
    detail = {"model": "flight_delay", "version": 1}
    told = json.dumps({"detail-type": "ModelApproved", "detail": detail})
    where.client("stepfunctions").start_execution(stateMachineArn=made["stateMachineArn"], input=told)
    return str(made["stateMachineArn"])


def _put_file(where: Place) -> None:
    words = {
        "object_id": HERE,
        "bucket": "landing",
        "key": "flights/2013-01.csv",
        "version_id": "1",
        "dataset": "flights",
        "state": "published",
        "contract_version": "abc",
    }
    item = {name: {"S": value} for name, value in words.items()}
    where.client("dynamodb").put_item(TableName=SETTINGS[Setting.LEDGER_TABLE], Item=item)


def _put_table(where: Place) -> None:
    """A table whose metadata no longer has the snapshot that was read."""
    metadata = json.dumps({"current-snapshot-id": 12, "snapshots": [{"snapshot-id": 12}]})
    where.client("s3").put_object(Bucket=BUCKET, Key="metadata.json", Body=metadata)
    where.client("glue").create_database(DatabaseInput={"Name": SETTINGS[Setting.DATABASE]})
    parameters = {"metadata_location": f"s3://{BUCKET}/metadata.json"}
    table = {"Name": "flights", "Parameters": parameters}
    where.client("glue").create_table(DatabaseName=SETTINGS[Setting.DATABASE], TableInput=table)


def _register(where: Place, report: dict[str, Any]) -> None:
    client = where.client("sagemaker")
    client.create_model_package_group(ModelPackageGroupName=resource_name(ENVIRONMENT, "flight_delay"))
    request = package_request(ENVIRONMENT, MADE_BY, report, registry_card(MADE_BY, report))
    arn = client.create_model_package(**request)["ModelPackageArn"]
    client.update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="Ann has looked at it"
    )


def capture(where: Place, identity: str, at: datetime, rows: int) -> None:
    told = captures.lines(
        identity=identity,
        moment=captures.moment_of(at),
        version=1,
        rows=[{"origin": "JFK"}] * rows,
        features=[{"a": 1.0}] * rows,
        scores=[0.25] * rows,
    )
    key = captures.capture_key("flight_delay", at, 1, identity)
    where.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"".join(told))


def test_a_version_is_told_whole(place: Place) -> None:
    assert version.chosen(place, "flight_delay") == ("flight_delay", 1)
    told = version.of(place, "flight_delay", 1)
    assert told["approval"]["because"] == "Ann has looked at it"
    assert (told["status"], told["serves"], told["run"]) == ("Approved", False, RUN.run)
    assert [one["key"] for one in told["files"]["flights"]] == ["flights/2013-01.csv"]
    assert all(one["passed"] for one in told["rules"])
    assert [one["said"] for one in told["rollouts"]] == ["version 1 was deployed"]
    console = Console(width=160, record=True)
    console.print(version.view(told))
    shown = console.export_text()
    for said in ("carrier 0", "Ann has looked at it", "version 1 was deployed", "2013-01.csv", told["card"]):
        assert said in shown


def test_what_is_missing_behind_a_version_is_named(place: Place) -> None:
    assert version.of(place, "flight_delay", 1)["missing"] == [
        f"training job {RUN.run}",
        "snapshot 11 of flights",
        f"file {LOST} of flights",
    ]


@pytest.mark.parametrize(("named", "error"), [("flight_delay:x", BadRequest), ("nothing", NotFound)])
def test_a_version_that_is_none_is_refused(place: Place, named: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        version.chosen(place, named)


def test_an_answer_is_found_by_its_id_with_every_row_of_it(place: Place) -> None:
    now = datetime.now(UTC)
    capture(place, "older", now - timedelta(days=2), 1)
    capture(place, "newer", now, 3)
    found = traces.find(place, {"older", "newer"})
    assert {one: len(trace.rows) for one, trace in found.items()} == {"older": 1, "newer": 3}
    assert found["newer"].rows[0] == {"row": {"origin": "JFK"}, "features": {"a": 1.0}, "score": 0.25}
    assert (found["older"].model, found["older"].version) == ("flight_delay", 1)
    behind = lineage.of(place, found["older"].model, found["older"].version)
    assert behind.data()["files"]["flights"][0]["contract_version"] == "abc"


def test_a_text_is_followed_back_with_what_was_written_and_how_it_ended(place: Place) -> None:
    _register_text(place)
    told = captures.lines(
        identity="a-text",
        moment=captures.moment_of(datetime.now(UTC)),
        version=1,
        rows=[{"prompt": "San "}],
        features=[{}],
        scores=[-1.5],
        text="San Juan",
        ended="cut off",
        bytes=8,
    )
    key = captures.capture_key("words", datetime.now(UTC), 1, "a-text")
    place.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"".join(told))
    (row,) = traces.find(place, {"a-text"})["a-text"].rows
    wanted = {"row": {"prompt": "San "}, "features": {}, "score": -1.5}
    assert row == {**wanted, "text": "San Juan", "ended": "cut off", "bytes": 8}
    behind = lineage.of(place, "words", 1)
    assert behind.data()["run"] == "words-1"
    assert [one["key"] for one in behind.data()["files"]["flights"]] == ["flights/2013-01.csv"]
    assert lineage.missing(place, behind) == ["training job words-1", "snapshot 11 of flights"]


def _register_text(where: Place) -> None:
    """A version of a model of text that read the same file."""
    made_by = dataclasses.replace(MADE_BY, model="words", run="words-1")
    material = {"run": json.loads(made_by.to_json()), "sources": {"flights": [HERE]}}
    key = "runs/words/words-1/data/train/material.json"
    where.client("s3").put_object(Bucket=BUCKET, Key=key, Body=json.dumps(material))
    client = where.client("sagemaker")
    client.create_model_package_group(ModelPackageGroupName=resource_name(ENVIRONMENT, "words"))
    judged = {"perplexity": 3.0}
    report = {"sha256": "0", "rows": 1, "challenger": judged, "bigram": judged, "champion": None}
    report |= {"champion_note": "no model is in service", "parity": {"greatest_difference": 0.0}}
    client.create_model_package(**text_request(ENVIRONMENT, made_by, report))


def test_an_answer_that_was_not_captured_is_not_found(place: Place) -> None:
    with pytest.raises(NotFound, match="no capture holds it"):
        traces.find(place, {"never"})
