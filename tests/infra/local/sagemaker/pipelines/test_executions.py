"""Executions of pipelines: their steps run for real, in their order, under the pipeline's role."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.clouds import eventually
from tests.infra.local.sagemaker.conftest import IMAGE, Sage
from tests.infra.local.sagemaker.pipelines.drive import (
    ROLE,
    Flow,
    bucket,
    compare,
    definition,
    fail,
    gate,
    get,
    processing,
    queue_url,
    training,
)


def test_a_model_is_trained_judged_and_registered(sage: Sage, flow: Flow) -> None:
    sage.put("piped/words/a.txt", '{"auc": {"value": 0.75}} ')
    sage.client("sagemaker").create_model_package_group(ModelPackageGroupName=flow.name)
    report = {"PropertyFileName": "Report", "OutputName": "shout", "FilePath": "deep/shout.txt"}
    sage.put("piped/report/deep/shout.txt", '{"auc": {"value": 0.75}}')
    auc = {
        "Std:JsonGet": {
            "PropertyFile": get("Steps.Evaluate.PropertyFiles.Report"),
            "Path": "AUC.VALUE",
        }
    }
    target = {"Std:Join": {"On": "/", "Values": [bucket("piped"), get("Execution.PipelineExecutionId")]}}
    evaluate = processing(sage, "Evaluate", bucket("piped/words"), target, PropertyFiles=[report])
    evaluate["Arguments"]["AppSpecification"]["ContainerArguments"] = ["process"]
    evaluate["DependsOn"] = ["Train"]
    artefact = get("Steps.Train.ModelArtifacts.S3ModelArtifacts")
    register = {
        "Name": "Register",
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageGroupName": flow.name,
            "InferenceSpecification": {
                "Containers": [{"Image": IMAGE, "ModelDataUrl": artefact}],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
        },
    }
    metric = compare("Equals", get("Steps.Train.FinalMetricDataList['auc'].Value"), 0.75)
    train = training(sage, "Train", {"answer": "piped"})
    train["Arguments"]["AlgorithmSpecification"]["MetricDefinitions"] = [
        {"Name": "auc", "Regex": "auc=([0-9.]+);"}
    ]
    passed = gate(
        "Gate",
        compare("GreaterThanOrEqualTo", auc, get("Parameters.Least")),
        metric,
        then=(register,),
        otherwise=(fail("Refuse", {"Std:Join": {"On": " ", "Values": ["auc <", get("Parameters.Least")]}}),),
    )
    least = {"Name": "Least", "Type": "Float", "DefaultValue": 0.7}
    flow.define(train, evaluate, passed, parameters=(least,))
    said = flow.ended(flow.start())
    assert said["PipelineExecutionStatus"] == "Succeeded", said
    assert said["steps"]["Gate"]["Metadata"]["Condition"]["Outcome"] == "true"
    assert "Refuse" not in said["steps"]
    arn = said["steps"]["Register"]["Metadata"]["RegisterModel"]["Arn"]
    package = flow.sagemaker.describe_model_package(ModelPackageName=arn)
    job = said["steps"]["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    assert job.startswith(f"pipelines-{said['PipelineExecutionArn'].rpartition('/')[2]}-Train-")
    trained = flow.sagemaker.describe_training_job(TrainingJobName=job)
    url = package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    assert url == trained["ModelArtifacts"]["S3ModelArtifacts"]
    refused = flow.ended(flow.start(Least="0.8"))
    assert refused["PipelineExecutionStatus"] == "Failed"
    assert refused["steps"]["Refuse"]["FailureReason"] == "auc < 0.8"
    assert "Register" not in refused["steps"]
    assert refused["FailureReason"] == "Step failure: One or multiple steps failed."


def test_steps_that_do_not_need_each_other_run_side_by_side_up_to_the_limit(sage: Sage, flow: Flow) -> None:
    steps = [training(sage, name, {"sleep": "1"}) for name in ("One", "Two")]
    flow.define(*steps)
    free = flow.ended(flow.start())["steps"]
    assert free["One"]["StartTime"] < free["Two"]["EndTime"]
    assert free["Two"]["StartTime"] < free["One"]["EndTime"]
    limited = flow.sagemaker.start_pipeline_execution(
        PipelineName=flow.name, ParallelismConfiguration={"MaxParallelExecutionSteps": 1}
    )["PipelineExecutionArn"]
    one_by_one = flow.ended(limited)["steps"]
    assert one_by_one["Two"]["StartTime"] >= one_by_one["One"]["EndTime"]


def test_a_failed_job_fails_the_execution_and_a_retry_goes_on_from_there(sage: Sage, flow: Flow) -> None:
    first = training(sage, "First")
    second = processing(sage, "Second", bucket(f"late/{flow.name}"), bucket(f"out/{flow.name}"))
    second["DependsOn"] = ["First"]
    said = flow.run(first, second)
    assert said["PipelineExecutionStatus"] == "Failed"
    assert "No S3 objects found" in said["steps"]["Second"]["FailureReason"]
    sage.put(f"late/{flow.name}/a.txt", "now")
    execution = said["PipelineExecutionArn"]
    flow.sagemaker.retry_pipeline_execution(PipelineExecutionArn=execution)
    again = flow.ended(execution)
    assert again["PipelineExecutionStatus"] == "Succeeded"
    assert again["steps"]["First"] == said["steps"]["First"]  # not run again
    with pytest.raises(ClientError, match="Succeeded cannot be retried"):
        flow.sagemaker.retry_pipeline_execution(PipelineExecutionArn=execution)


def test_a_stopped_execution_stops_its_jobs_and_starts_no_other_step(sage: Sage, flow: Flow) -> None:
    flow.define(training(sage, "Long", {"sleep": "60"}), training(sage, "Next", DependsOn=["Long"]))
    execution = flow.start()
    eventually(lambda: flow.steps(execution).get("Long", {}).get("StepStatus") == "Executing")
    flow.sagemaker.stop_pipeline_execution(PipelineExecutionArn=execution)
    said = flow.ended(execution)
    assert said["PipelineExecutionStatus"] == "Stopped"
    assert {name: step["StepStatus"] for name, step in said["steps"].items()} == {"Long": "Stopped"}
    job = said["steps"]["Long"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    assert flow.sagemaker.describe_training_job(TrainingJobName=job)["TrainingJobStatus"] == "Stopped"


def test_each_call_is_the_roles_own(sage: Sage, flow: Flow) -> None:
    flow.role("sagemaker:DescribeTrainingJob")
    said = flow.run(training(sage, "Train"))
    reason = said["steps"]["Train"]["FailureReason"]
    assert "Failed to invoke sagemaker:CreateTrainingJob" in reason
    assert "AccessDenied" in reason
    with pytest.raises(ClientError, match="Could not assume role"):
        flow.sagemaker.create_pipeline(
            PipelineName="nobody", PipelineDefinition=definition(), RoleArn=f"{ROLE}-missing"
        )


def test_a_function_gives_outputs_that_later_steps_read(flow: Flow) -> None:
    arn = flow.function("double", "return {'twice': 2 * event['n'], 'note': 'n was %s' % event['n']}")
    function = {
        "Name": "Double",
        "Type": "Lambda",
        "FunctionArn": arn,
        "Arguments": {"n": get("Parameters.N")},
        "OutputParameters": [
            {"OutputName": "twice", "OutputType": "String"},
            {"OutputName": "note", "OutputType": "String"},
        ],
    }
    flow.define(
        function,
        fail("Told", get("Steps.Double.OutputParameters['note']")),
        parameters=({"Name": "N", "Type": "Integer"},),
    )
    said = flow.ended(flow.start(N="21"))
    shown = said["steps"]["Double"]["Metadata"]["Lambda"]["OutputParameters"]
    assert {"Name": "twice", "Value": "42"} in shown
    assert said["steps"]["Told"]["FailureReason"] == "n was 21"
    with pytest.raises(ClientError, match="N"):
        flow.start()
    broken = {**function, "FunctionArn": flow.function("broken", "raise ValueError('no')")}
    flow.define(broken, parameters=({"Name": "N", "Type": "Integer", "DefaultValue": 1},))
    assert "no" in flow.ended(flow.start())["steps"]["Double"]["FailureReason"]


def callback(sage: Sage, flow: Flow) -> dict[str, Any]:
    return {
        "Name": "Ask",
        "Type": "Callback",
        "SqsQueueUrl": queue_url(flow.name, sage),
        "Arguments": {"question": "ship it?"},
        "OutputParameters": [{"OutputName": "answer", "OutputType": "String"}],
    }


def asked(sage: Sage, flow: Flow) -> dict[str, Any]:
    sqs = sage.client("sqs")
    url = queue_url(flow.name, sage)
    message = eventually(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))[0]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    said: dict[str, Any] = json.loads(message["Body"])
    return said


def test_a_callback_waits_for_its_token(sage: Sage, flow: Flow) -> None:
    flow.define(callback(sage, flow), fail("Told", get("Steps.Ask.OutputParameters['answer']")))
    execution = flow.start()
    message = asked(sage, flow)
    assert message["arguments"] == {"question": "ship it?"}
    assert message["pipelineExecutionArn"] == execution
    flow.sagemaker.send_pipeline_execution_step_success(
        CallbackToken=message["token"], OutputParameters=[{"Name": "answer", "Value": "yes"}]
    )
    assert flow.ended(execution)["steps"]["Told"]["FailureReason"] == "yes"
    with pytest.raises(ClientError, match="answered before"):
        flow.sagemaker.send_pipeline_execution_step_failure(CallbackToken=message["token"])
    again = flow.start()
    flow.sagemaker.send_pipeline_execution_step_failure(
        CallbackToken=asked(sage, flow)["token"], FailureReason="not today"
    )
    assert flow.ended(again)["steps"]["Ask"]["FailureReason"] == "not today"


def test_a_stop_asks_a_callback_to_end(sage: Sage, flow: Flow) -> None:
    flow.define(callback(sage, flow))
    execution = flow.start()
    token = asked(sage, flow)["token"]
    flow.sagemaker.stop_pipeline_execution(PipelineExecutionArn=execution)
    message = asked(sage, flow)
    assert (message["status"], message["token"]) == ("Stopping", token)
    flow.sagemaker.send_pipeline_execution_step_failure(CallbackToken=token)
    assert flow.ended(execution)["PipelineExecutionStatus"] == "Stopped"


def test_a_model_goes_into_service_and_the_same_endpoint_is_updated(sage: Sage, flow: Flow) -> None:
    container = {"Image": IMAGE, "ModelDataUrl": sage.archive(flow.name, "piped")}
    variant = {"VariantName": "all", "ModelName": get("Steps.Model.ModelName"), "InitialInstanceCount": 1}
    model = {"PrimaryContainer": container, "ExecutionRoleArn": sage.role}
    config = {"ProductionVariants": [{**variant, "InstanceType": "ml.m5.large"}]}
    endpoint = {
        "EndpointName": flow.name,
        "EndpointConfigName": get("Steps.Config.EndpointConfigName"),
    }
    steps = (
        {"Name": "Model", "Type": "Model", "Arguments": model},
        {"Name": "Config", "Type": "EndpointConfig", "Arguments": config},
        {"Name": "Endpoint", "Type": "Endpoint", "Arguments": endpoint},
    )
    said = flow.run(*steps)
    assert said["PipelineExecutionStatus"] == "Succeeded", said["steps"]
    runtime = sage.client("sagemaker-runtime")
    assert runtime.invoke_endpoint(EndpointName=flow.name, Body=b"x")["Body"].read() == b"piped"
    container["ModelDataUrl"] = sage.archive(f"{flow.name}-2", "again")
    assert flow.run(*steps)["PipelineExecutionStatus"] == "Succeeded"
    assert runtime.invoke_endpoint(EndpointName=flow.name, Body=b"x")["Body"].read() == b"again"
    flow.sagemaker.delete_endpoint(EndpointName=flow.name)


def test_a_step_that_did_the_same_before_is_not_run_again(sage: Sage, flow: Flow) -> None:
    cached = {"CacheConfig": {"Enabled": True, "ExpireAfter": "P30D"}}
    flow.define(training(sage, "Train", {"answer": get("Parameters.Answer")}, **cached),
                parameters=({"Name": "Answer", "Type": "String", "DefaultValue": "one"},))  # fmt: skip
    first, same = (flow.ended(flow.start()) for _ in range(2))
    other = flow.ended(flow.start(Answer="two"))
    hit = same["steps"]["Train"]
    assert hit["CacheHitResult"] == {"SourcePipelineExecutionArn": first["PipelineExecutionArn"]}
    assert hit["Metadata"] == first["steps"]["Train"]["Metadata"]
    assert "CacheHitResult" not in other["steps"]["Train"]


def test_what_happens_is_said_on_the_bus(sage: Sage, flow: Flow) -> None:
    arn = flow.define(fail("Stop", "no"))
    heard = {
        kind: sage.listen(
            f"{kind}-{flow.name}", f"SageMaker Model Building Pipeline {said}", "pipelineArn", arn
        )
        for kind, said in (("whole", "Execution Status Change"), ("step", "Execution Step Status Change"))
    }
    execution = flow.start()
    first, last = heard["whole"](), heard["whole"]()
    assert first["detail"]["currentPipelineExecutionStatus"] == "Executing"
    assert last["detail"]["currentPipelineExecutionStatus"] == "Failed"
    assert last["detail"]["previousPipelineExecutionStatus"] == "Executing"
    assert last["resources"] == [arn, execution]
    statuses = [heard["step"]()["detail"] for _ in range(3)]
    assert [one["currentStepStatus"] for one in statuses] == ["Starting", "Executing", "Failed"]
    assert statuses[-1]["failureReason"] == "no"
    assert statuses[-1]["metadata"] == {"fail": {"errorMessage": "no"}}


def test_the_same_token_starts_the_same_execution(flow: Flow) -> None:
    flow.define(fail("Stop", "no"))
    token = "t" * 32
    arns = {
        flow.sagemaker.start_pipeline_execution(PipelineName=flow.name, ClientRequestToken=token)[
            "PipelineExecutionArn"
        ]
        for _ in range(2)
    }
    assert len(arns) == 1
    assert (
        len(flow.sagemaker.list_pipeline_executions(PipelineName=flow.name)["PipelineExecutionSummaries"])
        == 1
    )


def test_a_restart_keeps_what_waits_and_fails_what_ran(own_sage: Sage) -> None:
    flow = Flow(own_sage)
    flow.role("sagemaker:*", "s3:*", "sqs:*", "iam:PassRole")
    flow.define(callback(own_sage, flow))
    waits = flow.start()
    token = asked(own_sage, flow)["token"]
    ran = Flow(own_sage)
    ran.define(training(own_sage, "Long", {"sleep": "60"}))
    cut = ran.start()
    eventually(lambda: ran.steps(cut).get("Long", {}).get("StepStatus") == "Executing")
    own_sage.stop()
    own_sage.start()
    assert "was stopped while this step ran" in ran.ended(cut)["steps"]["Long"]["FailureReason"]
    flow.sagemaker.send_pipeline_execution_step_success(
        CallbackToken=token, OutputParameters=[{"Name": "answer", "Value": "yes"}]
    )
    assert flow.ended(waits)["PipelineExecutionStatus"] == "Succeeded"
