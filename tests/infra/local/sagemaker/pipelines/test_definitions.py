"""Which definitions are taken, and what is refused by its name before anything runs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.infra.local.sagemaker.conftest import BUCKET, Sage
from tests.infra.local.sagemaker.pipelines.drive import (
    ROLE,
    Flow,
    compare,
    definition,
    fail,
    gate,
    get,
    training,
)


def refusal(flow: Flow, text: str) -> ClientError:
    with pytest.raises(ClientError) as refused:
        flow.sagemaker.create_pipeline(PipelineName=flow.name, PipelineDefinition=text, RoleArn=ROLE)
    return refused.value


@pytest.mark.parametrize(
    "kind", ["QualityCheck", "ClarifyCheck", "AutoML", "EMR", "EMRServerless", "ForEach", "Job", "Lineage"]
)
def test_a_step_that_is_not_done_here_is_refused_by_its_type(flow: Flow, kind: str) -> None:
    inner = {"Name": "Odd", "Type": kind, "Arguments": {}}
    for steps in ([inner], [gate("Gate", compare("Equals", 1, 1), then=(inner,))]):
        said = refusal(flow, definition(*steps))
        assert f"A pipeline step of type {kind} (step Odd) is not implemented" in str(said)
        assert said.response["ResponseMetadata"]["HTTPStatusCode"] == 501


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "it is no JSON"),
        (json.dumps({"Version": "2019-01-01", "Steps": []}), "Version 2019-01-01"),
        (definition(fail("A", "x"), fail("A", "y")), "two steps are called A"),
        (definition(fail("A", get("Steps.B.Outcome"))), "the step B, which is not there"),
        (definition(fail("A", get("Parameters.P"))), "the parameter P, which is not declared"),
        (
            definition(fail("A", "x", DependsOn=["B"]), fail("B", "y", DependsOn=["A"])),
            "these steps wait for each other: A, B",
        ),
        (
            definition(fail("A", get("Steps.B.PropertyFiles.F")), fail("B", "x")),
            "the property file F, which B does not have",
        ),
        (definition(parameters=({"Name": "P", "Type": "Date"},)), "P of Date"),
    ],
)
def test_a_definition_that_cannot_run_is_refused_with_its_reason(flow: Flow, text: str, reason: str) -> None:
    said = refusal(flow, text)
    assert "Unable to parse pipeline definition. Reason:" in str(said)
    assert reason in str(said)


IN = {"Type": "In", "QueryValue": "b", "Values": ["a", "b"]}
TWO, TEN = get("Parameters.Two"), get("Parameters.Ten")


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        (compare("Equals", TWO, 2), "true"),
        (compare("GreaterThan", TEN, TWO), "true"),
        (compare("GreaterThan", TWO, 2), "false"),
        (compare("GreaterThanOrEqualTo", TWO, 2), "true"),
        (compare("LessThan", TWO, TEN), "true"),
        (compare("LessThanOrEqualTo", TEN, TWO), "false"),
        (IN, "true"),
        ({"Type": "Not", "Expression": IN}, "false"),
        ({"Type": "Not", "Condition": IN}, "false"),  # as version 3 of the SDK writes it
        ({"Type": "Or", "Conditions": [compare("Equals", 1, 2), IN]}, "true"),
    ],
)
def test_every_type_of_condition_is_decided(flow: Flow, condition: Any, outcome: str) -> None:
    numbers = tuple(
        {"Name": name, "Type": "Integer", "DefaultValue": value} for name, value in (("Two", 2), ("Ten", 10))
    )
    flow.define(gate("Gate", condition), parameters=numbers)
    said = flow.ended(flow.start())
    assert said["steps"]["Gate"]["Metadata"]["Condition"]["Outcome"] == outcome


def test_text_and_a_number_are_not_compared(flow: Flow) -> None:
    said = flow.run(gate("Gate", compare("LessThan", "2", 10)))
    assert "'2' and 10 cannot be compared" in said["steps"]["Gate"]["FailureReason"]


def test_a_step_in_the_branch_that_is_not_taken_does_not_run_nor_what_waits_for_it(flow: Flow) -> None:
    inner = fail("Inner", "no")
    said = flow.run(
        gate("Gate", compare("Equals", 1, 2), then=(inner,)), fail("Later", "no", DependsOn=["Inner"])
    )
    assert said["PipelineExecutionStatus"] == "Succeeded"
    assert set(said["steps"]) == {"Gate"}


def test_a_definition_may_lie_in_a_bucket_and_each_one_is_a_version(sage: Sage, flow: Flow) -> None:
    sage.put(f"{flow.name}.json", definition(fail("Stop", "first")))
    place = {"Bucket": BUCKET, "ObjectKey": f"{flow.name}.json"}
    flow.sagemaker.create_pipeline(PipelineName=flow.name, PipelineDefinitionS3Location=place, RoleArn=ROLE)
    flow.define(fail("Stop", "second"), PipelineDescription="later")
    found = flow.sagemaker.describe_pipeline(PipelineName=flow.name)
    assert json.loads(found["PipelineDefinition"])["Steps"][0]["Arguments"] == {"ErrorMessage": "second"}
    assert found["PipelineDescription"] == "later"
    old = flow.sagemaker.describe_pipeline(PipelineName=flow.name, PipelineVersionId=1)
    assert "first" in old["PipelineDefinition"]
    versions = flow.sagemaker.list_pipeline_versions(PipelineName=flow.name)["PipelineVersionSummaries"]
    assert sorted(one["PipelineVersionId"] for one in versions) == [1, 2]
    execution = flow.sagemaker.start_pipeline_execution(PipelineName=flow.name, PipelineVersionId=1)
    assert flow.ended(execution["PipelineExecutionArn"])["steps"]["Stop"]["FailureReason"] == "first"


def test_a_name_is_taken_once_and_a_running_pipeline_is_not_deleted(sage: Sage, flow: Flow) -> None:
    flow.define(training(sage, "Long", {"sleep": "60"}))
    said = refusal(flow, definition())
    assert "Pipeline names must be unique within an AWS account and region" in str(said)
    execution = flow.start()
    with pytest.raises(ClientError, match="stop them first"):
        flow.sagemaker.delete_pipeline(PipelineName=flow.name)
    flow.sagemaker.stop_pipeline_execution(PipelineExecutionArn=execution)
    flow.ended(execution)
    flow.sagemaker.delete_pipeline(PipelineName=flow.name)
    with pytest.raises(ClientError, match="does not exist"):
        flow.sagemaker.describe_pipeline(PipelineName=flow.name)


def test_parameters_are_checked_when_an_execution_starts(flow: Flow) -> None:
    declared = (
        {"Name": "N", "Type": "Integer", "DefaultValue": 1},
        {"Name": "Size", "Type": "String", "DefaultValue": "small", "EnumValues": ["small", "large"]},
    )
    flow.define(fail("Stop", get("Parameters.Size")), parameters=declared)
    for given, reason in (({"N": "one"}, "no Integer"), ({"Size": "huge"}, "none of"), ({"M": "1"}, "not a")):
        with pytest.raises(ClientError, match=reason):
            flow.start(**given)
    execution = flow.start(Size="large")
    assert flow.ended(execution)["steps"]["Stop"]["FailureReason"] == "large"
    said = flow.sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=execution)
    assert said["PipelineParameters"] == [{"Name": "N", "Value": "1"}, {"Name": "Size", "Value": "large"}]
