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


def test_what_an_earlier_try_took_down_is_not_looked_for(cloud: LocalCloud) -> None:
    assert destroy._registered(Place("destroyed-tests", cloud)) == []
