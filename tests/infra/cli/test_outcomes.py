"""What came of trainings and deployments is told, whatever it was; what was lost says how to go on."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from infra.cli import down, status
from infra.cli import main as command
from infra.cli.failures import why
from infra.cli.machines import executions, follow
from infra.cli.outcomes import Outcome, outcomes
from infra.cli.place import ROOT, Place
from tests.clouds import eventually
from tidegate.errors import Transient
from tidegate.settings import Setting

if TYPE_CHECKING:
    from infra.local.cloud import LocalCloud

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
PACKAGE = "arn:aws:sagemaker:eu-west-1:000000000000:model-package/any/3"
GROUP = "tidegate-outcome-tests-flight-delay"
BROKEN = json.dumps({"TrainingJobName": "x", "FailureReason": "no rows\nat all"})
TRAININGS: dict[str, dict[str, Any]] = {
    "passes": {"passed": True},
    "fails-the-gate": {"passed": False, "reasons": ["auc 0.5 is below 0.6", "too few rows"]},
    "fails-for-one": {"passed": False, "reasons": ["too few rows"]},
    "breaks": {"way": "Train"},
    "was-lost": {"way": "Lost"},
    "goes-on": {"way": "GoesOn"},
}
LOST = {"Type": "Fail", "Error": "States.ServiceRestart", "Cause": "it stopped"}


def _training() -> dict[str, Any]:
    """The training machine from its gate's word on; nothing is asked of other services."""
    made = json.loads((ROOT / "infra/machines/training.asl.json").read_text())["States"]
    states = {name: made[name] for name in ("Passed", "Registered", "Refused")}
    for name in ("Register", "SayRegistered", "SayRefused"):
        states[name] = {
            "Type": "Pass",
            **{key: made[name][key] for key in ("Next", "Output") if key in made[name]},
        }
    states["Register"]["Assign"] = {"package": PACKAGE}
    ways = [
        {"Condition": f"{{% $exists($states.input.way) and $states.input.way = '{way}' %}}", "Next": way}
        for way in ("Train", "Lost", "GoesOn")
    ]
    states |= {
        "Begin": {"Type": "Choice", "Choices": ways, "Default": "Passed"},
        "Train": {"Type": "Fail", "Error": "States.TaskFailed", "Cause": BROKEN},
        "Lost": LOST,
        "GoesOn": {"Type": "Wait", "Seconds": 3000, "Next": "Registered"},
    }
    return {"QueryLanguage": "JSONata", "StartAt": "Begin", "States": states}


def _deployment() -> dict[str, Any]:
    lost = {"Condition": "{% $states.input.detail.version = 1 %}", "Next": "Lost"}
    states = {
        "Begin": {"Type": "Choice", "Choices": [lost], "Default": "Deployed"},
        "Lost": LOST,
        "Deployed": {"Type": "Succeed"},
    }
    return {"QueryLanguage": "JSONata", "StartAt": "Begin", "States": states}


def _machine(where: Place, setting: Setting, name: str, definition: dict[str, Any]) -> str:
    made = where.client("stepfunctions").create_state_machine(
        name=f"outcome-tests-{name}",
        definition=json.dumps(definition),
        roleArn="arn:aws:iam::000000000000:role/outcome-tests",
    )
    _set(where, setting, made["stateMachineArn"])
    return str(made["stateMachineArn"])


def _set(where: Place, setting: Setting, value: str) -> None:
    name = f"/tidegate/{where.environment}/{setting.parameter}"
    where.client("ssm").put_parameter(Name=name, Value=value, Type="String")


def _run(where: Place, machine: str, name: str, told: dict[str, Any]) -> None:
    states = where.client("stepfunctions")
    arn = states.start_execution(stateMachineArn=machine, name=name, input=json.dumps(told))["executionArn"]
    if told.get("way") != "GoesOn":
        eventually(lambda: states.describe_execution(executionArn=arn)["status"] != "RUNNING")


@pytest.fixture(scope="module")
def machines(cloud: LocalCloud) -> Place:
    """The environment `outcome-tests`: two machines with executions of every outcome, a registry, a bus."""
    where = Place("outcome-tests", cloud)
    where.client("iam").create_role(RoleName="outcome-tests", AssumeRolePolicyDocument=json.dumps(TRUST))
    where.client("events").create_event_bus(Name="outcome-tests")
    _set(where, Setting.BUS, "outcome-tests")
    where.client("dynamodb").create_table(
        TableName="outcome-tests-serving",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "model", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "model", "AttributeType": "S"}],
    )
    _set(where, Setting.SERVING_TABLE, "outcome-tests-serving")
    where.client("sagemaker").create_model_package_group(ModelPackageGroupName=GROUP)
    trains = _machine(where, Setting.TRAINING_MACHINE_ARN, "training", _training())
    deploys = _machine(where, Setting.DEPLOYMENT_MACHINE_ARN, "deployment", _deployment())
    by_rail = {"model": "flight_delay_by_rail", "cause": {"kind": "Person", "event": {}}}
    _run(where, trains, "flight-delay-by-rail-x", {**by_rail, "way": "Lost"})
    cause = {"kind": "TablePublished", "event": {"detail": {"dataset": "planes"}}}
    for name, way in TRAININGS.items():
        _run(where, trains, f"flight-delay-{name}", {"model": "flight_delay", "cause": cause, **way})
    for version in (2, 1):
        detail = {"model": "flight_delay", "version": version}
        _run(where, deploys, f"v{version}", {"detail-type": "ModelApproved", "detail": detail})
    return where


@pytest.fixture(scope="module")
def trainings(machines: Place) -> dict[str, Outcome]:
    """The trainings of `flight_delay` by what is special of their names."""
    found = outcomes(machines, Setting.TRAINING_MACHINE_ARN, model="flight_delay", most=10)
    return {one.name.removeprefix("flight-delay-"): one for one in found}


def test_a_training_says_how_it_ended(trainings: dict[str, Outcome]) -> None:
    assert {name: (one.outcome, one.said) for name, one in trainings.items()} == {
        "passes": ("registered", "registered as version 3"),
        "fails-the-gate": ("refused", "refused: auc 0.5 is below 0.6; too few rows"),
        "fails-for-one": ("refused", "refused: too few rows"),
        "breaks": ("failed", "failed: Train: no rows at all"),
        "was-lost": ("lost", "lost: the local cloud was stopped meanwhile"),
        "goes-on": ("running", "running: GoesOn"),
    }
    assert {one.cause for one in trainings.values()} == {"TablePublished planes"}
    assert trainings["fails-the-gate"].reasons == ("auc 0.5 is below 0.6", "too few rows")


def test_only_a_models_latest_execution_says_what_to_type(
    machines: Place, trainings: dict[str, Outcome]
) -> None:
    assert {one.next_step for one in trainings.values()} == {""}  # the latest one goes on
    rail = outcomes(machines, Setting.TRAINING_MACHINE_ARN, model="flight_delay_by_rail")
    assert [one.next_step for one in rail] == ["tidegate train flight_delay_by_rail"]
    first, second = outcomes(machines, Setting.DEPLOYMENT_MACHINE_ARN)
    assert (first.outcome, first.next_step) == ("lost", "tidegate approve flight_delay 1")
    assert (second.said, second.next_step) == ("version 2 was deployed", "")


def test_models_shows_the_trainings_that_registered_nothing_too(
    machines: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["models", "flight_delay", "--environment", "outcome-tests"]
    assert command.main([*asked, "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    ends = [one["outcome"] for one in told["trainings"]]
    assert ends == ["running", "lost", "failed", "refused", "refused"]
    assert command.main(asked) == 0
    assert "refused: auc 0.5 is below 0.6; too few rows" in " ".join(capsys.readouterr().out.split())


def test_status_tells_each_execution_in_a_line() -> None:
    ran = {
        "machine": "tidegate-e-training",
        "model": "x",
        "started": "2026-11-25T23:20:08+00:00",
        "said": "lost",
    }
    data = {"environment": "e", "address": "a", "api": "p", "datasets": {}, "endpoints": {}, "idle": {}}
    console = Console(width=150, file=io.StringIO(), record=True)
    console.print(status._view({**data, "executions": [{**ran, "next_step": "tidegate train x"}]}))
    shown = console.export_text()
    assert "lost → tidegate train x" in shown
    assert "2026-11-25 23:20" in shown


def test_an_approved_version_that_does_not_serve_is_approved_again(
    machines: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    arn = "arn:aws:sqs:eu-west-1:000000000000:outcome-tests"
    events = {"Service": "events.amazonaws.com"}
    may = {"Effect": "Allow", "Principal": events, "Action": "sqs:SendMessage", "Resource": arn}
    queue = machines.client("sqs").create_queue(
        QueueName="outcome-tests",
        Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [may]})},
    )["QueueUrl"]
    rule = {"Rule": "approved", "EventBusName": "outcome-tests"}
    machines.client("events").put_rule(
        Name="approved", EventBusName="outcome-tests", EventPattern='{"detail-type": ["ModelApproved"]}'
    )
    machines.client("events").put_targets(**rule, Targets=[{"Id": "queue", "Arn": arn}])
    machines.client("sagemaker").create_model_package(
        ModelPackageGroupName=GROUP, ModelApprovalStatus="Approved"
    )
    assert command.main(["approve", "flight_delay", "1", "--environment", "outcome-tests"]) == 0
    said = machines.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    assert json.loads(said[0]["Body"])["detail"]["version"] == 1


def test_a_stop_knows_what_it_ends_and_says_so(machines: Place) -> None:
    assert [one.name for one in down.under_way(machines)] == ["flight-delay-goes-on"]
    assert down.under_way(Place("no-such", machines.cloud)) == []
    assert "1 execution under way ended with it: a-training" in down.about(["a-training"])
    assert down.about([]) == ""


def test_our_own_errors_are_told_without_the_names_around_them() -> None:
    ours = "the training of m: it has one row. Land more rows"
    around = f"AlgorithmError: {ours}, exit code: 1"
    job = json.dumps({"TrainingJobName": "x", "FailureReason": around})
    function = json.dumps({"errorMessage": ours, "errorType": "Refused"})
    assert why("States.TaskFailed", job, "Train") == f"Train: {ours}"
    assert why("States.TaskFailed", job) == ours
    assert why("PrepareFailed", f"Refused: {function}") == f"Prepare: {ours}"
    assert why("EndpointFailed", "e is Failed: no ping") == "EndpointFailed: e is Failed: no ping"


def test_of_a_crash_the_exception_is_told_and_not_the_way_to_it() -> None:
    tower = "".join(f'  File "a.py", line {line}, in load\n    told[name]\n' for line in range(30))
    cause = f"e is Failed: no ping. It last wrote: {tower}KeyError: 'fare'"
    assert why("EndpointFailed", cause) == "EndpointFailed: KeyError: 'fare'"


def test_a_cause_that_was_cut_is_told_as_it_is() -> None:
    assert why("PrepareFailed", 'X: {"FailureReason": "no') == 'PrepareFailed: X: {"FailureReason": "no'
    assert why("", "") == ""


def test_who_waits_is_told_now_and_again_what_for(machines: Place) -> None:
    running = next(one for one in executions(machines, Setting.TRAINING_MACHINE_ARN) if one.running)
    told: list[str] = []
    with pytest.raises(Transient, match="no end within"):
        follow(machines, running, told.append, 3.0, every=1.0)
    assert told[:2] == ["Begin", "GoesOn"]
    assert set(told[2:]) == {"still GoesOn"}
