"""A state machine's tasks act with the machine's role."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.clouds import eventually
from tests.infra.local.iam.conftest import ACCOUNT, REGION, allow, policy

if TYPE_CHECKING:
    from tests.infra.local.iam.conftest import Guarded


def _run(guarded: Guarded, name: str, role: str, resource: str, arguments: dict[str, Any]) -> dict[str, Any]:
    states = guarded.client("stepfunctions")
    task = {"Type": "Task", "Resource": resource, "Arguments": arguments, "End": True}
    definition = json.dumps({"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": task}})
    try:
        machine = states.create_state_machine(name=name, definition=definition, roleArn=role)[
            "stateMachineArn"
        ]
    except states.exceptions.StateMachineAlreadyExists:
        machine = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}"
    started = states.start_execution(stateMachineArn=machine)["executionArn"]

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = states.describe_execution(executionArn=started)
        return None if found["status"] == "RUNNING" else found

    found: dict[str, Any] = eventually(ended)
    return found


def test_a_machine_whose_role_allows_nothing_fails_with_access_denied(guarded: Guarded) -> None:
    url, arn = guarded.queue("told")
    role = guarded.role("teller", "states.amazonaws.com")
    request = {"QueueUrl": url, "MessageBody": "hello"}
    ended = _run(guarded, "teller", role, "arn:aws:states:::sqs:sendMessage", request)
    assert (ended["status"], ended["error"]) == ("FAILED", "Sqs.AccessDeniedException")
    assert f"not authorized to perform: sqs:SendMessage on resource: {arn}" in ended["cause"]
    guarded.client("iam").put_role_policy(
        RoleName="teller", PolicyName="own", PolicyDocument=policy(allow("sqs:SendMessage", arn, Sid="Tell"))
    )
    assert _run(guarded, "teller", role, "arn:aws:states:::sqs:sendMessage", request)["status"] == "SUCCEEDED"
    assert guarded.decisions("teller")[-1]["alone"] == "own/Tell"


@pytest.mark.parametrize(
    ("resource", "arguments", "needed", "on"),
    [
        ("lambda:invoke", {"FunctionName": "f"}, "lambda:InvokeFunction", "lambda:{}:function:f"),
        (
            "events:putEvents",
            {"Entries": [{"EventBusName": "b"}]},
            "events:PutEvents",
            "events:{}:event-bus/b",
        ),
        (
            "aws-sdk:sagemaker:createModelPackage",
            {"ModelPackageGroupName": "g"},
            "sagemaker:CreateModelPackage",
            "sagemaker:{}:model-package/g/*",
        ),
        (
            "sagemaker:createTrainingJob.sync",
            {"TrainingJobName": "j"},
            "sagemaker:CreateTrainingJob",
            "sagemaker:{}:training-job/j",
        ),
        (
            "sagemaker:createTransformJob.sync",
            {"TransformJobName": "j"},
            "sagemaker:CreateTransformJob",
            "sagemaker:{}:transform-job/j",
        ),
        (
            "sagemaker:createHyperParameterTuningJob.sync",
            {"HyperParameterTuningJobName": "j"},
            "sagemaker:CreateHyperParameterTuningJob",
            "sagemaker:{}:hyper-parameter-tuning-job/j",
        ),
        (
            "athena:startQueryExecution.sync",
            {"WorkGroup": "w"},
            "athena:StartQueryExecution",
            "athena:{}:workgroup/w",
        ),
        ("aws-sdk:dynamodb:getItem", {"TableName": "t"}, "dynamodb:GetItem", "dynamodb:{}:table/t"),
    ],
)
def test_each_integration_asks_for_its_own_action_on_its_own_resource(
    guarded: Guarded, resource: str, arguments: dict[str, Any], needed: str, on: str
) -> None:
    name = needed.replace(":", "-")
    role = guarded.role(name, "states.amazonaws.com")
    ended = _run(guarded, name, role, f"arn:aws:states:::{resource}", arguments)
    arn = f"arn:aws:{on.format(f'{REGION}:{ACCOUNT}')}"
    assert ended["error"].endswith(".AccessDeniedException"), ended
    assert f"{needed} on resource: {arn}" in ended["cause"]


def test_a_training_task_must_be_allowed_to_pass_the_jobs_role(guarded: Guarded) -> None:
    job = guarded.role("job", "sagemaker.amazonaws.com")
    role = guarded.role("trainer", "states.amazonaws.com", allow("sagemaker:CreateTrainingJob"))
    resource = "arn:aws:states:::sagemaker:createTrainingJob"
    ended = _run(guarded, "trainer", role, resource, {"TrainingJobName": "j", "RoleArn": job})
    assert f"iam:PassRole on resource: {job}" in ended["cause"]


def test_a_tuning_task_must_be_allowed_to_pass_the_role_of_its_training_jobs(guarded: Guarded) -> None:
    job = guarded.role("tuned", "sagemaker.amazonaws.com")
    role = guarded.role("tuner", "states.amazonaws.com", allow("sagemaker:CreateHyperParameterTuningJob"))
    resource = "arn:aws:states:::sagemaker:createHyperParameterTuningJob"
    given = {"HyperParameterTuningJobName": "j", "TrainingJobDefinition": {"RoleArn": job}}
    ended = _run(guarded, "tuner", role, resource, given)
    assert f"iam:PassRole on resource: {job}" in ended["cause"]


def test_an_athena_query_of_a_task_reads_with_the_machines_role(guarded: Guarded) -> None:
    guarded.client("s3").create_bucket(
        Bucket="answers", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    role = guarded.role("asker", "states.amazonaws.com", allow("athena:*"))
    request = {"QueryString": "SELECT 1", "ResultConfiguration": {"OutputLocation": "s3://answers/"}}
    resource = "arn:aws:states:::athena:startQueryExecution.sync"
    ended = _run(guarded, "asker", role, resource, request)
    assert "AccessDenied" in ended["cause"]
    guarded.client("iam").put_role_policy(
        RoleName="asker", PolicyName="own", PolicyDocument=policy(allow(["athena:*", "s3:*"]))
    )
    assert _run(guarded, "asker", role, resource, request)["status"] == "SUCCEEDED"


def test_a_machine_is_refused_a_role_that_does_not_trust_step_functions(guarded: Guarded) -> None:
    role = guarded.role("no-machine", "lambda.amazonaws.com")
    with pytest.raises(ClientError, match="Neither the global service principal"):
        _run(guarded, "no-machine", role, "arn:aws:states:::sqs:sendMessage", {})


def test_a_trust_policy_may_ask_for_the_account_of_the_machine(guarded: Guarded) -> None:
    mine = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    role = guarded.role("mine", "states.amazonaws.com", allow("sqs:*"), condition=mine)
    url, _ = guarded.queue("mine")
    request = {"QueueUrl": url, "MessageBody": "hello"}
    assert _run(guarded, "mine", role, "arn:aws:states:::sqs:sendMessage", request)["status"] == "SUCCEEDED"
    other = {"StringEquals": {"aws:SourceAccount": "111111111111"}}
    refused = guarded.role("other", "states.amazonaws.com", allow("sqs:*"), condition=other)
    with pytest.raises(ClientError, match="Neither the global service principal"):
        _run(guarded, "other", refused, "arn:aws:states:::sqs:sendMessage", request)


def test_a_statement_may_ask_for_the_source_of_an_event(guarded: Guarded) -> None:
    ours = {"StringEquals": {"events:source": "tidegate"}}
    role = guarded.role("speaker", "states.amazonaws.com", allow("events:PutEvents", Condition=ours))
    resource = "arn:aws:states:::events:putEvents"
    entry = {"Source": "tidegate", "DetailType": "FileLanded", "Detail": {}}
    assert _run(guarded, "speaker", role, resource, {"Entries": [entry]})["status"] == "SUCCEEDED"
    entry["Source"] = "somebody"
    ended = _run(guarded, "speaker-2", role, resource, {"Entries": [entry]})
    assert ended["error"] == "EventBridge.AccessDeniedException"
