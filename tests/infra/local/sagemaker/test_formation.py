"""Models, configurations and endpoints in a stack: made, updated under load, rolled back, deleted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.clouds import eventually
from tests.infra.local.sagemaker.conftest import ACCOUNT, IMAGE, REGION
from tests.infra.local.sagemaker.updating import failed, load

if TYPE_CHECKING:
    from tests.infra.local.sagemaker.conftest import Sage

NAME = "stacked-endpoint"


def template(sage: Sage, answer: str, **endpoint: Any) -> str:
    """One endpoint named, its model and configuration named by CloudFormation, numbers as text."""
    container = {"Image": IMAGE, "ModelDataUrl": sage.archive(f"stack-{answer}", answer)}
    variant = {
        "VariantName": "all",
        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
        "InitialInstanceCount": "1",
        "InstanceType": "ml.m5.large",
        "InitialVariantWeight": "1.0",
    }
    properties = {
        "Model": {"ExecutionRoleArn": sage.role, "PrimaryContainer": container},
        "EndpointConfig": {"ProductionVariants": [variant]},
        "Endpoint": {
            "EndpointName": NAME,
            "EndpointConfigName": {"Fn::GetAtt": ["EndpointConfig", "EndpointConfigName"]},
            **endpoint,
        },
    }
    resources = {
        name: {"Type": f"AWS::SageMaker::{name}", "Properties": said} for name, said in properties.items()
    }
    outputs = {"Arn": {"Value": {"Ref": "Endpoint"}}, "Model": {"Value": {"Ref": "Model"}}}
    return json.dumps({"Resources": resources, "Outputs": outputs})


def wait(sage: Sage, ending: str) -> None:
    sage.client("cloudformation").get_waiter(ending).wait(
        StackName="serving", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


def status(sage: Sage) -> str:
    found = sage.client("cloudformation").describe_stacks(StackName="serving")["Stacks"]
    return str(found[0]["StackStatus"])


def models(sage: Sage) -> list[str]:
    found = sage.client("sagemaker").list_models(NameContains="serving-Model")["Models"]
    return [model["ModelName"] for model in found]


def test_a_stack_serves_is_updated_without_a_failed_call_and_leaves_nothing(sage: Sage) -> None:
    formation = sage.client("cloudformation")
    formation.create_stack(StackName="serving", TemplateBody=template(sage, "first"))
    wait(sage, "stack_create_complete")
    outputs = {
        each["OutputKey"]: each["OutputValue"]
        for each in formation.describe_stacks(StackName="serving")["Stacks"][0]["Outputs"]
    }
    assert outputs["Arn"] == f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/{NAME}"
    assert outputs["Model"].startswith(f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/serving-Model-")
    assert sage.ask(NAME)["Body"] == b"first"
    with load(sage, NAME) as said:
        formation.update_stack(StackName="serving", TemplateBody=template(sage, "second"))
        wait(sage, "stack_update_complete")
    assert not failed(said)
    assert sage.ask(NAME)["Body"] == b"second"
    assert len(models(sage)) == 1, "the replaced model is still there"
    broken = template(sage, "broken")
    formation.update_stack(StackName="serving", TemplateBody=broken)
    eventually(lambda: status(sage) == "UPDATE_ROLLBACK_COMPLETE")
    assert sage.ask(NAME)["Body"] == b"second"
    formation.delete_stack(StackName="serving")
    wait(sage, "stack_delete_complete")
    with pytest.raises(ClientError, match="Could not find endpoint"):
        sage.client("sagemaker").describe_endpoint(EndpointName=NAME)
    assert models(sage) == []


def test_a_stack_whose_model_does_not_start_fails_and_leaves_nothing(sage: Sage) -> None:
    formation = sage.client("cloudformation")
    formation.create_stack(StackName="serving", TemplateBody=template(sage, "broken"))
    with pytest.raises(WaiterError):
        wait(sage, "stack_create_complete")
    events = formation.describe_stack_events(StackName="serving")["StackEvents"]
    reasons = " ".join(event.get("ResourceStatusReason", "") for event in events)
    assert "this model cannot be loaded" in reasons
    with pytest.raises(ClientError, match="Could not find endpoint"):
        sage.client("sagemaker").describe_endpoint(EndpointName=NAME)
    formation.delete_stack(StackName="serving")
    wait(sage, "stack_delete_complete")


def test_a_property_that_is_not_done_here_is_named(sage: Sage) -> None:
    formation = sage.client("cloudformation")
    formation.create_stack(StackName="serving", TemplateBody=template(sage, "named", Sorcery="yes"))
    with pytest.raises(WaiterError):
        wait(sage, "stack_create_complete")
    events = formation.describe_stack_events(StackName="serving")["StackEvents"]
    assert any("Sorcery is no property" in event.get("ResourceStatusReason", "") for event in events)
    formation.delete_stack(StackName="serving")
    wait(sage, "stack_delete_complete")
