"""A failed execution goes on from the state in which it failed."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.clouds import eventually

if TYPE_CHECKING:
    from infra.local.cloud import LocalCloud

BUMP = {
    "Type": "Task",
    "Resource": "arn:aws:states:::dynamodb:updateItem",
    "Arguments": {
        "TableName": "T",
        "Key": {"id": {"S": "first"}},
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    },
    "Assign": {"kept": "{% $states.input.word %}"},
    "Output": {"went": "on"},
    "Next": "Ask",
}
ASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Arguments": {"FunctionName": "F", "Payload": {"word": "{% $kept %}"}},
    "Output": "{% $merge([$states.input, $states.result.Payload]) %}",
    "End": True,
}


class Machine:
    """A machine of two tasks, the second a function that fails until its table says otherwise."""

    def __init__(self, cloud: LocalCloud, **states: Any) -> None:
        self.cloud, self.name = cloud, f"r-{uuid.uuid4().hex[:8]}"
        self.states = cloud.client("stepfunctions")
        self.role = self._role()
        cloud.client("dynamodb").create_table(
            TableName=self.name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.mend(False)
        text = json.dumps({"QueryLanguage": "JSONata", "StartAt": "Bump", "States": states})
        text = text.replace('"TableName": "T"', f'"TableName": "{self.name}"')
        text = text.replace('"FunctionName": "F"', f'"FunctionName": "{self.name}"')
        made = self.states.create_state_machine(name=self.name, definition=text, roleArn=self.role)
        self.arn = made["stateMachineArn"]

    def _role(self) -> str:
        iam = self.cloud.client("iam")
        services = {"Service": ["states.amazonaws.com", "lambda.amazonaws.com"]}
        trust = {"Effect": "Allow", "Principal": services, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        made: str = iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        allowed = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        iam.put_role_policy(
            RoleName=self.name, PolicyName="p", PolicyDocument=json.dumps({"Statement": [allowed]})
        )
        return made

    def mend(self, mended: bool = True) -> None:
        """Let the function answer, or fail."""
        functions = self.cloud.client("lambda")
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            body = "return {'said': event['word']}" if mended else "raise ValueError('not yet')"
            archive.writestr("code.py", f"def handler(event, context):\n    {body}\n")
        code = packed.getvalue()
        if mended:
            functions.update_function_code(FunctionName=self.name, ZipFile=code)
        else:
            functions.create_function(
                FunctionName=self.name,
                Runtime="python3.12",
                Role=self.role,
                Handler="code.handler",
                Code={"ZipFile": code},
            )

    def start(self) -> str:
        made: str = self.states.start_execution(stateMachineArn=self.arn, input='{"word": "hello"}')[
            "executionArn"
        ]
        return made

    def ended(self, execution: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            said: dict[str, Any] = self.states.describe_execution(executionArn=execution)
            return said if said["status"] != "RUNNING" else None

        found: dict[str, Any] = eventually(look)
        return found

    def events(self, execution: str) -> list[str]:
        said = self.states.get_execution_history(executionArn=execution)["events"]
        return [event["type"] for event in said]


def test_a_redriven_execution_runs_what_failed_and_not_what_succeeded(cloud: LocalCloud) -> None:
    machine = Machine(cloud, Bump=BUMP, Ask=ASK)
    execution = machine.start()
    failed = machine.ended(execution)
    assert (failed["status"], failed["redriveStatus"], failed["redriveCount"]) == ("FAILED", "REDRIVABLE", 0)
    machine.mend()
    said = machine.states.redrive_execution(executionArn=execution, clientToken="once")
    again = machine.ended(execution)
    assert (again["status"], again["redriveCount"]) == ("SUCCEEDED", 1)
    assert again["redriveDate"] == said["redriveDate"]
    assert json.loads(again["output"]) == {"went": "on", "said": "hello"}  # its variables are kept
    item = cloud.client("dynamodb").get_item(TableName=machine.name, Key={"id": {"S": "first"}})["Item"]
    assert item["n"] == {"N": "1"}
    events = machine.events(execution)
    assert events.count("ExecutionRedriven") == 1
    after = events[events.index("ExecutionRedriven") + 1 :]
    assert [one for one in after if one.endswith("StateEntered")] == ["TaskStateEntered"]
    assert after[-1] == "ExecutionSucceeded"
    (listed,) = machine.states.list_executions(stateMachineArn=machine.arn)["executions"]
    assert listed["redriveCount"] == 1
    assert machine.states.redrive_execution(executionArn=execution, clientToken="once") is not None
    with pytest.raises(ClientError, match="Execution is SUCCEEDED and cannot be redriven") as refused:
        machine.states.redrive_execution(executionArn=execution)
    assert refused.value.response["Error"]["Code"] == "ExecutionNotRedrivable"


def test_an_aborted_execution_goes_on_and_the_definition_is_the_first_one(cloud: LocalCloud) -> None:
    wait = {"Type": "Wait", "Seconds": 600, "Next": "Ask"}
    machine = Machine(cloud, Bump={**BUMP, "Next": "Rest"}, Rest=wait, Ask=ASK)
    machine.mend()
    execution = machine.start()
    eventually(lambda: "WaitStateEntered" in machine.events(execution))
    machine.states.stop_execution(executionArn=execution)
    other = json.dumps({"StartAt": "D", "States": {"D": {"Type": "Succeed"}}})
    machine.states.update_state_machine(stateMachineArn=machine.arn, definition=other)
    machine.states.redrive_execution(executionArn=execution)
    eventually(lambda: machine.events(execution).count("WaitStateEntered") == 2)
    machine.states.stop_execution(executionArn=execution)
    assert machine.ended(execution)["status"] == "ABORTED"
    item = cloud.client("dynamodb").get_item(TableName=machine.name, Key={"id": {"S": "first"}})["Item"]
    assert item["n"] == {"N": "1"}


def test_a_fail_state_fails_again(cloud: LocalCloud) -> None:
    caught = {"ErrorEquals": ["States.ALL"], "Next": "No"}
    no = {"Type": "Fail", "Error": "No", "Cause": "as said"}
    machine = Machine(cloud, Bump=BUMP, Ask={**ASK, "Catch": [caught]}, No=no)
    execution = machine.start()
    assert machine.ended(execution)["error"] == "No"
    machine.mend()
    machine.states.redrive_execution(executionArn=execution)
    again = machine.ended(execution)
    assert (again["error"], again["cause"], again["redriveCount"]) == ("No", "as said", 1)


def test_what_cannot_be_redriven_is_refused_by_its_name(cloud: LocalCloud) -> None:
    branch = {"StartAt": "Ask", "States": {"Ask": ASK}}
    both = {"Type": "Parallel", "Branches": [branch], "End": True}
    machine = Machine(cloud, Bump={**BUMP, "Next": "Both"}, Both=both)
    execution = machine.start()
    machine.ended(execution)
    with pytest.raises(ClientError, match="Both, a Parallel or Map state, is not implemented") as refused:
        machine.states.redrive_execution(executionArn=execution)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    with pytest.raises(ClientError, match="ExecutionDoesNotExist"):
        machine.states.redrive_execution(executionArn=execution.replace(machine.name, "nobody"))


def test_redriving_is_an_action_of_its_own_for_iam_on_the_execution(cloud: LocalCloud) -> None:
    iam, name = cloud.client("iam"), f"u-{uuid.uuid4().hex[:8]}"
    mine, other = (
        f"arn:aws:states:eu-west-1:000000000000:execution:{name}:{run}" for run in ("mine", "other")
    )
    iam.create_user(UserName=name)
    allowed = {"Effect": "Allow", "Action": "states:RedriveExecution", "Resource": mine}
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps({"Statement": [allowed]}))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    reader = boto3.client(
        "stepfunctions",
        endpoint_url=cloud.endpoint,
        region_name="eu-west-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    with pytest.raises(ClientError, match="ExecutionDoesNotExist"):
        reader.redrive_execution(executionArn=mine)
    with pytest.raises(ClientError, match="not authorized to perform: states:RedriveExecution"):
        reader.redrive_execution(executionArn=other)
