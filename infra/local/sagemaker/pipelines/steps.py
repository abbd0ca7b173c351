"""What each type of step does, once its arguments are known; jobs have a module of their own."""

from __future__ import annotations

import json
import secrets
import string
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from infra.local.sagemaker.pipelines.conditions import NotComparableError, holds
from infra.local.sagemaker.pipelines.hands import Hands, StepFailedError
from infra.local.sagemaker.pipelines.references import as_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.sagemaker.pipelines.definition import Step
    from infra.local.sagemaker.pipelines.references import Scope
    from infra.local.sagemaker.store import Record

LOOK_EVERY_SECONDS = 0.3
LONGEST_WAIT_SECONDS = 7 * 86_400  # of a Callback step
_LETTERS = string.ascii_letters + string.digits


class Living(Protocol):
    """What a step is told while it runs, and how it says what became of it."""

    def note(self, record: Record, **members: object) -> None:
        """Change members of the step's record."""

    def stopping(self) -> bool:
        """Whether the execution is to stop."""

    def pause(self, seconds: float) -> None:
        """Wait, or less when something happens to the execution."""


class StoppedError(Exception):
    """The step ended since the execution is to stop."""


@dataclass(frozen=True)
class Work:
    """One attempt of a step."""

    step: Step
    arguments: Record
    record: Record
    scope: Scope
    hands: Hands
    living: Living
    name: str  # for the job or the model that it makes
    execution_arn: str

    def begun(self, **metadata: object) -> None:
        """The step runs, and this is what of it others can look up."""
        self.living.note(self.record, StepStatus="Executing", Metadata=metadata)


def random_name(length: int = 10) -> str:
    """Letters and digits, as AWS puts them behind names and calls tokens."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def condition(work: Work) -> Record:
    """Decide which branch runs."""
    try:
        outcome = all(holds(one, work.scope) for one in work.step.said["Arguments"]["Conditions"])
    except NotComparableError as error:
        raise StepFailedError(f"ClientError: {error}") from error
    work.begun(Condition={"Outcome": as_text(outcome)})
    return {"Outcome": as_text(outcome)}


def fail(work: Work) -> Record:
    """Fail, with the message that the definition gives."""
    message = as_text(work.arguments.get("ErrorMessage", ""))
    work.begun(Fail={"ErrorMessage": message})
    raise StepFailedError(message)


def create_model(work: Work) -> Record:
    """CreateModel."""
    work.hands.sagemaker("CreateModel", {**work.arguments, "ModelName": work.name})
    found = work.hands.sagemaker("DescribeModel", {"ModelName": work.name})
    work.begun(Model={"Arn": found["ModelArn"]})
    return found


def register_model(work: Work) -> Record:
    """CreateModelPackage."""
    arn = work.hands.sagemaker("CreateModelPackage", work.arguments)["ModelPackageArn"]
    work.begun(RegisterModel={"Arn": arn})
    return work.hands.sagemaker("DescribeModelPackage", {"ModelPackageName": arn})


def create_endpoint_config(work: Work) -> Record:
    """CreateEndpointConfig."""
    request = {"EndpointConfigName": work.name, **work.arguments}
    arn = work.hands.sagemaker("CreateEndpointConfig", request)["EndpointConfigArn"]
    work.begun(EndpointConfig={"Arn": arn})
    named = {"EndpointConfigName": request["EndpointConfigName"]}
    return work.hands.sagemaker("DescribeEndpointConfig", named)


def deploy_endpoint(work: Work) -> Record:
    """CreateEndpoint, or UpdateEndpoint of one that is there, and wait until it is in service."""
    request = {"EndpointName": work.name, **work.arguments}
    named = {"EndpointName": request["EndpointName"]}
    try:
        work.hands.sagemaker("DescribeEndpoint", named)
    except StepFailedError as error:
        if "Could not find" not in error.reason:
            raise
        arn = work.hands.sagemaker("CreateEndpoint", request)["EndpointArn"]
    else:
        request.pop("Tags", None)
        arn = work.hands.sagemaker("UpdateEndpoint", request)["EndpointArn"]
    work.begun(Endpoint={"Arn": arn})
    while True:
        found = work.hands.sagemaker("DescribeEndpoint", named)
        if found["EndpointStatus"] == "InService":
            return found
        if found["EndpointStatus"] in ("Failed", "UpdateRollbackFailed", "OutOfService"):
            raise StepFailedError(f"ClientError: {found.get('FailureReason') or found['EndpointStatus']}")
        if work.living.stopping():
            raise StoppedError
        work.living.pause(LOOK_EVERY_SECONDS)


def invoke_function(work: Work) -> Record:
    """Invoke a Lambda function; its answer holds the outputs that the step names."""
    arn = work.step.said["FunctionArn"]
    work.begun(Lambda={"Arn": arn})
    said = work.hands.call("lambda", "Invoke", FunctionName=arn, Payload=json.dumps(work.arguments).encode())
    answer = json.loads(said["Payload"].read() or b"null")
    if "FunctionError" in said:
        reason = answer.get("errorMessage", answer) if isinstance(answer, dict) else answer
        raise StepFailedError(f"ClientError: The function {arn} failed: {reason}")
    outputs = _outputs(work.step, answer if isinstance(answer, dict) else {})
    work.begun(Lambda={"Arn": arn, "OutputParameters": outputs})
    return {"OutputParameters": {one["Name"]: one["Value"] for one in outputs}}


def call_back(work: Work) -> Record:
    """Send a message with a token, and wait for whoever sends the token back."""
    queue = work.step.said["SqsQueueUrl"]
    if "_token" not in work.record:  # it has one when the local cloud was stopped meanwhile
        work.living.note(work.record, _token=random_name())
        _message(work, queue, "Executing")
        work.begun(Callback={"CallbackToken": work.record["_token"], "SqsQueueUrl": queue})
    asked = False
    while "_told" not in work.record:
        if work.living.stopping() and not asked:
            asked = True
            _message(work, queue, "Stopping")
        if time.time() > work.record["StartTime"] + LONGEST_WAIT_SECONDS:
            raise StepFailedError("ClientError: nobody answered the callback within seven days")
        work.living.pause(60)
    told = work.record["_told"]
    if asked:
        raise StoppedError
    if "failure" in told:
        raise StepFailedError(told["failure"])
    outputs = _outputs(work.step, {one["Name"]: one["Value"] for one in told["success"]})
    work.begun(Callback={**work.record["Metadata"]["Callback"], "OutputParameters": outputs})
    return {"OutputParameters": {one["Name"]: one["Value"] for one in outputs}}


def _message(work: Work, queue: str, status: str) -> None:
    body = {
        "token": work.record["_token"],
        "pipelineExecutionArn": work.execution_arn,
        "arguments": work.arguments,
        "status": status,
    }
    work.hands.call("sqs", "SendMessage", QueueUrl=queue, MessageBody=json.dumps(body))


def _outputs(step: Step, said: Record) -> list[Record]:
    """The output parameters that a step declares, as texts; what its function left out fails it."""
    names = [one["OutputName"] for one in step.said.get("OutputParameters", [])]
    if missing := [name for name in names if name not in said]:
        raise StepFailedError(f"ClientError: the output parameter {missing[0]} was not returned")
    return [{"Name": name, "Value": as_text(said[name])} for name in names]


ACTS: dict[str, Callable[[Work], Record]] = {
    "Condition": condition,
    "Fail": fail,
    "Model": create_model,
    "RegisterModel": register_model,
    "EndpointConfig": create_endpoint_config,
    "Endpoint": deploy_endpoint,
    "Lambda": invoke_function,
    "Callback": call_back,
}
