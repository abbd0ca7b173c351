"""The model registry and its events."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.infra.local.sagemaker.conftest import IMAGE, Sage


@pytest.fixture
def heard(sage: Sage) -> Any:
    """Reads the events of the groups whose names begin as ours do, in their order."""
    return sage.listen(
        "registry", "SageMaker Model Package State Change", "ModelPackageGroupName", "tidegate-"
    )


def package(sage: Sage, group: str, **more: str) -> str:
    inference = {
        "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://art/m.tar.gz"}],
        "SupportedContentTypes": ["application/json"],
        "SupportedResponseMIMETypes": ["application/json"],
    }
    arn: str = sage.client("sagemaker").create_model_package(
        ModelPackageGroupName=group,
        InferenceSpecification=inference,
        ModelApprovalStatus="PendingManualApproval",
        CustomerMetadataProperties={"run": "r1"},
        **more,
    )["ModelPackageArn"]
    return arn


def test_a_package_gets_the_next_version_and_its_approval_is_told(sage: Sage, heard: Any) -> None:
    sagemaker = sage.client("sagemaker")
    sagemaker.create_model_package_group(
        ModelPackageGroupName="tidegate-delay", Tags=[{"Key": "a", "Value": "b"}]
    )
    first = package(sage, "tidegate-delay")
    told = heard()
    assert told["resources"] == [first]
    assert told["detail"]["ModelApprovalStatus"] == "PendingManualApproval"
    assert told["detail"]["ModelPackageVersion"] == 1
    sagemaker.update_model_package(ModelPackageArn=first, ModelApprovalStatus="Approved")
    told = heard()
    assert told["detail"]["ModelApprovalStatus"] == "Approved"
    assert told["detail"]["UpdatedModelPackageFields"] == ["ModelApprovalStatus"]
    sagemaker.delete_model_package(ModelPackageName=package(sage, "tidegate-delay"))
    third = package(sage, "tidegate-delay")
    assert third.endswith("/3")
    described = sagemaker.describe_model_package(ModelPackageName=third)
    assert described["CustomerMetadataProperties"] == {"run": "r1"}
    approved = sagemaker.list_model_packages(
        ModelPackageGroupName="tidegate-delay", ModelApprovalStatus="Approved"
    )
    assert [each["ModelPackageArn"] for each in approved["ModelPackageSummaryList"]] == [first]


def test_a_package_that_is_sent_again_with_its_token_is_registered_once(sage: Sage) -> None:
    sagemaker = sage.client("sagemaker")
    for group in ("tidegate-once", "tidegate-other"):
        sagemaker.create_model_package_group(ModelPackageGroupName=group)
    first = package(sage, "tidegate-once", ClientToken="a-run")
    assert package(sage, "tidegate-once", ClientToken="a-run") == first
    assert package(sage, "tidegate-once", ClientToken="another") != first
    assert package(sage, "tidegate-other", ClientToken="a-run").endswith("/tidegate-other/1")
    assert "_token" not in sagemaker.describe_model_package(ModelPackageName=first)


def test_tags_are_kept_by_arn(sage: Sage) -> None:
    sagemaker = sage.client("sagemaker")
    arn = sagemaker.create_model_package_group(
        ModelPackageGroupName="tagged", Tags=[{"Key": "a", "Value": "b"}]
    )
    sagemaker.add_tags(ResourceArn=arn["ModelPackageGroupArn"], Tags=[{"Key": "c", "Value": "d"}])
    tags = sagemaker.list_tags(ResourceArn=arn["ModelPackageGroupArn"])["Tags"]
    assert tags == [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}]


def test_a_group_with_packages_cannot_be_deleted(sage: Sage) -> None:
    sagemaker = sage.client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="full")
    arn = package(sage, "full")
    with pytest.raises(ClientError, match="still holds"):
        sagemaker.delete_model_package_group(ModelPackageGroupName="full")
    sagemaker.delete_model_package(ModelPackageName=arn)
    sagemaker.delete_model_package_group(ModelPackageGroupName="full")
    with pytest.raises(ClientError, match="does not exist"):
        sagemaker.describe_model_package_group(ModelPackageGroupName="full")
