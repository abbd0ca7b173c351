"""CloudFormation's type for a model package group: made, described anew and deleted with its stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.sagemaker.backend import Backend

GROUP_TYPE = "AWS::SageMaker::ModelPackageGroup"
Made = tuple[str, dict[str, Any]]


def handlers(backend: Callable[[], Backend]) -> dict[str, dict[str, Callable[..., Any]]]:
    """The functions by which a stack makes, updates and deletes the type."""

    def create(logical_id: str, properties: dict[str, Any], stack: str) -> Made:
        if "ModelPackageGroupPolicy" in properties:
            raise ValueError(
                f"{stack}/{logical_id}: ModelPackageGroupPolicy is not done by the local SageMaker"
            )
        arn = backend().call("CreateModelPackageGroup", dict(properties))["ModelPackageGroupArn"]
        return arn, _attributes(backend(), arn)

    def update(arn: str, old: dict[str, Any], new: dict[str, Any], stack: str) -> Made:
        if old.get("ModelPackageGroupName") != new.get("ModelPackageGroupName"):
            return create("ModelPackageGroup", new, stack)
        description = new.get("ModelPackageGroupDescription", "")
        backend().parts.store.change(backend().groups.get(arn), ModelPackageGroupDescription=description)
        backend().parts.tag(arn, new.get("Tags", []))
        return arn, _attributes(backend(), arn)

    def delete(arn: str, _properties: dict[str, Any]) -> None:
        backend().call("DeleteModelPackageGroup", {"ModelPackageGroupName": arn.rpartition("/")[2]})

    return {GROUP_TYPE: {"create": create, "update": update, "delete": delete}}


def _attributes(backend: Backend, arn: str) -> dict[str, Any]:
    group = backend.groups.get(arn)
    return {
        "ModelPackageGroupArn": arn,
        "ModelPackageGroupStatus": group["ModelPackageGroupStatus"],
        "CreationTime": str(group["CreationTime"]),
    }
