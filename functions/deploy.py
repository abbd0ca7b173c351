"""Prepare the roll-out of an approved version: what the deployment machine then asks SageMaker for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from tidegate import aws, settings
from tidegate.errors import Refused
from tidegate.facts import ModelApproved
from tidegate.models.registry import find_endpoint, registered_sha256
from tidegate.models.rollout import prepare
from tidegate.models.run import resource_name
from tidegate.plan import plan
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidegate.settings import Settings

logger = Logger(service="deploy")


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """`ModelApproved` → the requests of the roll-out."""
    return roll_out(aws.client("sagemaker"), settings.from_environment(), ModelApproved.from_event(event))


def roll_out(sagemaker: Any, known: Settings, fact: ModelApproved) -> dict[str, Any]:
    """What the deployment machine asks SageMaker for.

    Raises:
        Refused: the endpoint is one that cannot be updated, or the registry does not say which file it is.
    """
    environment = known[Setting.ENVIRONMENT]
    package = sagemaker.describe_model_package(ModelPackageName=fact.package_arn)
    container = package["InferenceSpecification"]["Containers"][0]
    endpoint = find_endpoint(sagemaker, resource_name(environment, fact.model))
    if endpoint.get("EndpointStatus") == "Failed":
        raise Refused(
            f"the endpoint {endpoint['EndpointName']}",
            f"it was never made: {endpoint.get('FailureReason', 'SageMaker gives no reason')}",
            "Delete it, and approve the version again",
        )
    logger.info("prepared", extra={"model": fact.model, "version": fact.version, "exists": bool(endpoint)})
    return prepare(
        environment=environment,
        model=fact.model,
        version=fact.version,
        package_arn=fact.package_arn,
        sha256=registered_sha256(package),
        image=container["Image"],
        model_data=container["ModelDataUrl"],
        role=known[Setting.MODEL_ROLE_ARN],
        lookup_table=known[Setting.LOOKUP_TABLE],
        artefact_bucket=known[Setting.ARTEFACT_BUCKET],
        region=sagemaker.meta.region_name,
        instance_type=plan().model(fact.model).instance_type,
        exists=bool(endpoint),
    )
