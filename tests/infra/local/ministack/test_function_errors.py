from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.clouds import eventually
from tests.infra.local.deploy_template import zipped

if TYPE_CHECKING:
    from infra.local.cloud import LocalCloud

CODE = """
class ContractBroken(Exception):
    pass

def check(event):
    raise ContractBroken("row 3: \\nno origin")

def handler(event, context):
    return check(event)
"""


def role(cloud: LocalCloud, name: str, service: str, actions: list[str]) -> str:
    iam = cloud.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    made = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    may = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=document)
    arn: str = made["Role"]["Arn"]
    return arn


def function(cloud: LocalCloud, name: str, code: str) -> str:
    made = cloud.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="main.handler",
        Role=role(cloud, f"{name}-role", "lambda.amazonaws.com", ["logs:*"]),
        Code={"ZipFile": zipped("main.py", code)},
    )
    arn: str = made["FunctionArn"]
    return arn


@pytest.fixture(scope="module")
def failing(cloud: LocalCloud) -> str:
    return function(cloud, "failing", CODE)


def test_a_raised_exception_is_named_with_its_message_and_its_place(cloud: LocalCloud, failing: str) -> None:
    answer = cloud.client("lambda").invoke(FunctionName=failing, Payload=b"{}")
    said: dict[str, Any] = json.loads(answer["Payload"].read())
    assert answer["FunctionError"] == "Unhandled"
    assert (said["errorType"], said["errorMessage"]) == ("ContractBroken", "row 3: \nno origin")
    assert any("in check" in line for line in said["stackTrace"])


def test_a_module_that_cannot_be_imported_is_named_as_aws_names_it(cloud: LocalCloud) -> None:
    function(cloud, "no-import", "import not_there\n")
    said = json.loads(cloud.client("lambda").invoke(FunctionName="no-import")["Payload"].read())
    assert said["errorType"] == "Runtime.ImportModuleError"
    assert "No module named 'not_there'" in said["errorMessage"]


def test_a_state_machine_catches_the_exception_by_its_name(cloud: LocalCloud, failing: str) -> None:
    states = cloud.client("stepfunctions")
    definition = {
        "StartAt": "Check",
        "States": {
            "Check": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {"FunctionName": failing, "Payload": {}},
                "Catch": [{"ErrorEquals": ["ContractBroken"], "Next": "Caught"}],
                "End": True,
            },
            "Caught": {"Type": "Pass", "Result": "caught", "End": True},
        },
    }
    machine = states.create_state_machine(
        name="catches",
        definition=json.dumps(definition),
        roleArn=role(cloud, "catches-role", "states.amazonaws.com", ["lambda:InvokeFunction"]),
    )
    run = states.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]

    def outcome() -> dict[str, Any] | None:
        said: dict[str, Any] = states.describe_execution(executionArn=run)
        return None if said["status"] == "RUNNING" else said

    assert eventually(outcome)["output"] == '"caught"'


def test_a_process_that_ends_with_a_call_in_its_hands_is_named_as_aws_does(cloud: LocalCloud) -> None:
    function(cloud, "ending", "import os\n\ndef handler(event, context):\n    os._exit(1)\n")
    answer = cloud.client("lambda").invoke(FunctionName="ending", Payload=b"{}")
    said: dict[str, Any] = json.loads(answer["Payload"].read())
    assert (answer["FunctionError"], said["errorType"]) == ("Unhandled", "Runtime.ExitError")
