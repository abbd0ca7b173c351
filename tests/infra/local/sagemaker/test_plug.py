"""What MiniStack gains: permissions, Step Functions, CloudFormation, state over a restart; no orphans."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.clouds import eventually
from tests.infra.local.sagemaker.conftest import ACCOUNT, REGION, Sage

ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"


def run_machine(sage: Sage, name: str, states: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    machines = sage.client("stepfunctions")
    definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}
    role = f"arn:aws:iam::{ACCOUNT}:role/model"
    arn = machines.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role)[
        "stateMachineArn"
    ]
    execution = machines.start_execution(stateMachineArn=arn, input=json.dumps(given))["executionArn"]

    def ended() -> dict[str, Any] | None:
        said: dict[str, Any] = machines.describe_execution(executionArn=execution)
        return said if said["status"] != "RUNNING" else None

    said: dict[str, Any] = eventually(ended)
    return said


def task(resource: str, arguments: Any, then: str, output: str = "") -> dict[str, Any]:
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments}
    state |= {"Next": then} if then else {"End": True}
    return state | ({"Output": output} if output else {})


def test_a_state_machine_trains_registers_and_deploys(sage: Sage) -> None:
    sage.client("sagemaker").create_model_package_group(ModelPackageGroupName="machine")
    sage.model("machine", "machined")
    inference = {
        "Containers": [{"Image": "tiny"}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    states = {
        "Train": task("sagemaker:createTrainingJob.sync", sage.training("by-machine"), "Register"),
        "Register": task(
            "aws-sdk:sagemaker:createModelPackage",
            {"ModelPackageGroupName": "machine", "InferenceSpecification": inference},
            "Endpoint",
        ),
        "Endpoint": task(
            "sagemaker:createEndpoint", {"EndpointName": "machine", "EndpointConfigName": "machine"}, "Look"
        ),
        "Look": task("aws-sdk:sagemaker:describeEndpoint", {"EndpointName": "machine"}, "Serves"),
        "Serves": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input.EndpointStatus = 'InService' %}", "Next": "Done"}],
            "Default": "Wait",
        },
        "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Look"},
        "Done": {"Type": "Succeed"},
    }
    said = run_machine(sage, "whole", states, {})
    assert said["status"] == "SUCCEEDED", said
    assert json.loads(said["output"])["EndpointStatus"] == "InService"


def test_a_failed_job_and_a_refused_call_carry_awss_error_names(sage: Sage) -> None:
    failing = {"Train": task("sagemaker:createTrainingJob.sync", sage.training("sad", {"fail": "rain"}), "")}
    said = run_machine(sage, "sad", failing, {})
    assert said["error"] == "States.TaskFailed"
    assert json.loads(said["cause"])["FailureReason"] == "AlgorithmError: rain, exit code: 3"
    twice = {"Train": task("sagemaker:createTrainingJob", sage.training("sad"), "")}
    assert run_machine(sage, "again", twice, {})["error"] == "SageMaker.ResourceInUseException"
    missing = {
        "Make": task("sagemaker:createEndpoint", {"EndpointName": "e", "EndpointConfigName": "none"}, "")
    }
    assert run_machine(sage, "missing", missing, {})["error"] == "SageMaker.AmazonSageMakerException"
    unknown = {"Look": task("aws-sdk:sagemaker:describeEndpoint", {"EndpointName": "none"}, "")}
    assert run_machine(sage, "unknown", unknown, {})["error"] == "SageMaker.SageMakerException"
    label = {"Label": task("sagemaker:createLabelingJob.sync", {"LabelingJobName": "l"}, "")}
    assert "CreateLabelingJob is not implemented" in run_machine(sage, "label", label, {})["cause"]


def test_an_operation_that_is_not_done_answers_501_with_its_name(sage: Sage) -> None:
    with pytest.raises(ClientError, match="CreateWorkforce is not implemented") as refused:
        sage.client("sagemaker").create_workforce(WorkforceName="w")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_a_request_is_held_against_sagemakers_own_model(sage: Sage) -> None:
    lenient = sage.client("sagemaker")
    with pytest.raises(ClientError, match="regular expression pattern"):
        lenient.create_model_package_group(ModelPackageGroupName="not a name")


def test_actions_are_authorised_on_their_resource(sage: Sage) -> None:
    iam = sage.client("iam")
    iam.create_user(UserName="reader")
    allowed = {"Effect": "Allow", "Action": ["sagemaker:DescribeEndpoint", "sagemaker:InvokeEndpoint"]}
    statement = {**allowed, "Resource": f"{ARN}:endpoint/mine"}
    iam.put_user_policy(
        UserName="reader", PolicyName="p", PolicyDocument=json.dumps({"Statement": [statement]})
    )
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    reader, caller = (
        sage.client(name, key["AccessKeyId"], key["SecretAccessKey"])
        for name in ("sagemaker", "sagemaker-runtime")
    )
    codes = []
    for name in ("mine", "other"):
        for call, more in ((reader.describe_endpoint, {}), (caller.invoke_endpoint, {"Body": b""})):
            with pytest.raises(ClientError) as refused:
                call(EndpointName=name, **more)
            codes.append(refused.value.response["Error"]["Code"])
    # of its own endpoint it learns that there is none; of another one nothing
    assert codes == [
        "ValidationException",
        "ValidationError",
        "AccessDeniedException",
        "AccessDeniedException",
    ]


def test_cloudformation_makes_changes_and_deletes_a_package_group(sage: Sage) -> None:
    formation, sagemaker = sage.client("cloudformation"), sage.client("sagemaker")
    properties = {"ModelPackageGroupName": "tidegate-stacked", "ModelPackageGroupDescription": "first"}
    group = {"Type": "AWS::SageMaker::ModelPackageGroup", "Properties": properties}
    template: dict[str, Any] = {
        "Resources": {"Group": group},
        "Outputs": {"Arn": {"Value": {"Ref": "Group"}}},
    }
    formation.create_stack(StackName="registry", TemplateBody=json.dumps(template))
    formation.get_waiter("stack_create_complete").wait(StackName="registry", WaiterConfig={"Delay": 1})
    outputs = formation.describe_stacks(StackName="registry")["Stacks"][0]["Outputs"]
    assert outputs[0]["OutputValue"] == f"{ARN}:model-package-group/tidegate-stacked"
    properties["ModelPackageGroupDescription"] = "second"
    formation.update_stack(StackName="registry", TemplateBody=json.dumps(template))
    formation.get_waiter("stack_update_complete").wait(StackName="registry", WaiterConfig={"Delay": 1})
    found = sagemaker.describe_model_package_group(ModelPackageGroupName="tidegate-stacked")
    assert found["ModelPackageGroupDescription"] == "second"
    formation.delete_stack(StackName="registry")
    formation.get_waiter("stack_delete_complete").wait(StackName="registry", WaiterConfig={"Delay": 1})
    with pytest.raises(ClientError, match="does not exist"):
        sagemaker.describe_model_package_group(ModelPackageGroupName="tidegate-stacked")


def test_a_restart_keeps_everything_but_the_jobs_that_ran(own_sage: Sage) -> None:
    sagemaker = own_sage.client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="kept")
    sagemaker.create_endpoint(EndpointName="kept", EndpointConfigName=own_sage.model("m", "kept"))
    own_sage.endpoint_settled("kept")
    sagemaker.create_training_job(**own_sage.training("cut", {"sleep": "60"}))
    own_sage.stop()
    own_sage.start()
    sagemaker = own_sage.client("sagemaker")
    said = own_sage.client("sagemaker-runtime").invoke_endpoint(EndpointName="kept", Body=b"x")
    assert said["Body"].read() == b"kept"
    assert sagemaker.describe_endpoint(EndpointName="kept")["EndpointStatus"] == "InService"
    assert (
        sagemaker.describe_model_package_group(ModelPackageGroupName="kept")["ModelPackageGroupStatus"]
        == "Completed"
    )
    cut = sagemaker.describe_training_job(TrainingJobName="cut")
    assert cut["TrainingJobStatus"] == "Failed"
    assert "was stopped while this job ran" in cut["FailureReason"]


def processes_of(state: Path) -> list[int]:
    """Processes whose environment or arguments name a cloud's directory."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                said = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except OSError:
                continue
            if str(state).encode() in said or b"TINY_MARK=" + state.name.encode() in said:
                found.append(int(entry.name))
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_a_killed_server_leaves_no_process_behind(own_sage: Sage) -> None:
    sagemaker = own_sage.client("sagemaker")
    mark = {"TINY_MARK": own_sage.state.name}
    sagemaker.create_endpoint(EndpointName="left", EndpointConfigName=own_sage.model("m", "left", mark))
    own_sage.endpoint_settled("left")
    sagemaker.create_training_job(
        **own_sage.training("left", {"sleep": "60"}, Environment={"PROBE_PORT": "1", **mark})
    )
    eventually(
        lambda: sagemaker.describe_training_job(TrainingJobName="left")["SecondaryStatus"] == "Training"
    )
    eventually(lambda: len(processes_of(own_sage.state)) >= 5)  # the server, two wardens, two containers
    own_sage.stop(signal.SIGKILL)
    eventually(lambda: not processes_of(own_sage.state))
