"""Destroying an environment takes what its stacks hold, whatever folders lie here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from infra.cli import destroy, registry
from infra.cli.place import Place

if TYPE_CHECKING:
    from infra.local.cloud import LocalCloud

NAME = "tidegate-destroy-tests-once"
GROUP = {
    "Type": "AWS::SageMaker::ModelPackageGroup",
    "Properties": {"ModelPackageGroupName": NAME},
}


def test_a_model_whose_folder_is_gone_leaves_no_version_behind(cloud: LocalCloud) -> None:
    place = Place("destroy-tests", cloud)
    stack = {"StackName": "tidegate-destroy-tests-training"}
    cloudformation = place.client("cloudformation")
    cloudformation.create_stack(**stack, TemplateBody=json.dumps({"Resources": {"Registry": GROUP}}))
    cloudformation.get_waiter("stack_create_complete").wait(**stack, WaiterConfig={"Delay": 1})
    place.client("sagemaker").create_model_package(ModelPackageGroupName=NAME)
    assert destroy._registered(place) == ["once"]
    assert len(registry.versions(place, "once")) == 1
    destroy.remove_endpoint(place, "once")
    assert registry.versions(place, "once") == []
    cloudformation.delete_stack(**stack)
    cloudformation.get_waiter("stack_delete_complete").wait(**stack, WaiterConfig={"Delay": 1})


def test_what_trains_or_deploys_is_stopped_first(cloud: LocalCloud) -> None:
    states = cloud.client("stepfunctions")
    waits = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 9999, "End": True}}}
    trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam = cloud.client("iam")
    role = iam.create_role(RoleName="stop-tests", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    running = {}
    for name in ("tidegate-stop-tests-deployment", "tidegate-other-deployment"):
        machine = states.create_state_machine(name=name, definition=json.dumps(waits), roleArn=role)
        begun = states.start_execution(stateMachineArn=machine["stateMachineArn"], name="one")
        running[name] = begun["executionArn"]
    place = Place("stop-tests", cloud)
    assert destroy.stop(place) == ["tidegate-stop-tests-deployment one"]
    assert destroy.stop(place) == []
    ended = [states.describe_execution(executionArn=arn)["status"] for arn in running.values()]
    assert ended == ["ABORTED", "RUNNING"]
    states.stop_execution(executionArn=running["tidegate-other-deployment"])


class Busy:
    """Stands for SageMaker: an endpoint that is made while somebody looks."""

    def __init__(self, *statuses: str) -> None:
        self.statuses = list(statuses)

    def get_paginator(self, _operation: str) -> Busy:
        return self

    def paginate(self, NameContains: str) -> list[dict[str, list[dict[str, str]]]]:
        return [{"Endpoints": [{"EndpointName": NameContains, "EndpointStatus": self.statuses.pop(0)}]}]


def test_an_endpoint_that_is_being_made_is_waited_for_since_it_cannot_be_deleted() -> None:
    sagemaker = Busy("Creating", "Creating", "InService", "Deleting")
    assert destroy.settled(sagemaker, "laptop", "m", pause=0) == {"tidegate-laptop-m": "InService"}
    assert sagemaker.statuses == ["Deleting"]
    assert destroy.settled(sagemaker, "laptop", "m", pause=0) == {"tidegate-laptop-m": "Deleting"}


def test_what_an_earlier_try_took_down_is_not_looked_for(cloud: LocalCloud) -> None:
    assert destroy._registered(Place("destroyed-tests", cloud)) == []
