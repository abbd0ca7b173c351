"""What the registry and SageMaker know of a model: its versions, and its endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tidegate.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping


def model_data(sagemaker: Any, package_arn: str) -> str:
    """Where a registered version's `model.tar.gz` lies."""
    package = sagemaker.describe_model_package(ModelPackageName=package_arn)
    return str(package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"])


def find_endpoint(sagemaker: Any, name: str) -> dict[str, Any]:
    """What SageMaker says of an endpoint, or nothing when there is none.

    SageMaker has no error type for this: it answers ValidationException with "Could not find endpoint".
    """
    try:
        return dict(sagemaker.describe_endpoint(EndpointName=name))
    except ClientError as error:
        if "Could not find" in error.response["Error"]["Message"]:
            return {}
        raise


def registered_sha256(package: Mapping[str, Any]) -> str:
    """The SHA-256 of a version's ONNX file, as the gate registered it.

    Raises:
        Refused: it has none; what is in its archive could be anything.
    """
    found: str = package.get("CustomerMetadataProperties", {}).get("sha256", "")
    if not found:
        raise Refused(
            str(package.get("ModelPackageArn", "the model package")),
            "the registry names no SHA-256 of its model",
            "Approve a version that the gate registered",
        )
    return found


def trained_by(sagemaker: Any, package_arn: str) -> str:
    """The run that a registered version comes from."""
    package = sagemaker.describe_model_package(ModelPackageName=package_arn)
    return str(package.get("CustomerMetadataProperties", {}).get("run", ""))


def approve(sagemaker: Any, package_arn: str, because: str) -> None:
    """Say in the registry that a version may serve; the registry's own event tells whom it concerns."""
    sagemaker.update_model_package(
        ModelPackageArn=package_arn, ModelApprovalStatus="Approved", ApprovalDescription=because[:1024]
    )


def leave_to_a_person(sagemaker: Any, package_arn: str, because: str) -> None:
    """Say in the registry why a version that waits was not approved by its rule."""
    sagemaker.update_model_package(
        ModelPackageArn=package_arn,
        ModelApprovalStatus="PendingManualApproval",
        ApprovalDescription=because[:1024],
    )
