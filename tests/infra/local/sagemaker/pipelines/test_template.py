"""CloudFormation makes, changes and deletes a pipeline."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.infra.local.sagemaker.pipelines.drive import ROLE, Flow, definition, fail

if TYPE_CHECKING:
    from tests.infra.local.sagemaker.conftest import Sage


def test_a_stack_owns_a_pipeline_from_its_making_to_its_end(sage: Sage, flow: Flow) -> None:
    formation = sage.client("cloudformation")
    body = definition(fail("Stop", "first"))
    properties: dict[str, Any] = {
        "PipelineName": flow.name,
        "RoleArn": ROLE,
        "PipelineDefinition": {"PipelineDefinitionBody": {"Fn::Join": ["", [body[:20], body[20:]]]}},
        "ParallelismConfiguration": {"MaxParallelExecutionSteps": 2},
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    resources = {"Pipeline": {"Type": "AWS::SageMaker::Pipeline", "Properties": properties}}
    template = {"Resources": resources, "Outputs": {"Name": {"Value": {"Ref": "Pipeline"}}}}

    def stack(verb: str, **more: str) -> None:
        getattr(formation, f"{verb}_stack")(StackName=flow.name, **more)
        formation.get_waiter(f"stack_{verb}_complete").wait(StackName=flow.name, WaiterConfig={"Delay": 1})

    stack("create", TemplateBody=json.dumps(template))
    outputs = formation.describe_stacks(StackName=flow.name)["Stacks"][0]["Outputs"]
    assert outputs[0]["OutputValue"] == flow.name
    found = flow.sagemaker.describe_pipeline(PipelineName=flow.name)
    assert found["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 2}
    assert flow.sagemaker.list_tags(ResourceArn=found["PipelineArn"])["Tags"] == properties["Tags"]
    assert flow.ended(flow.start())["steps"]["Stop"]["FailureReason"] == "first"
    properties["PipelineDefinition"] = {"PipelineDefinitionBody": definition(fail("Stop", "second"))}
    stack("update", TemplateBody=json.dumps(template))
    assert flow.ended(flow.start())["steps"]["Stop"]["FailureReason"] == "second"
    stack("delete")
    with pytest.raises(ClientError, match="does not exist"):
        flow.sagemaker.describe_pipeline(PipelineName=flow.name)
