"""Turn an approval in SageMaker's registry into our fact `ModelApproved`; approve by the model's own rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from tidegate import aws, settings
from tidegate.errors import Transient
from tidegate.facts import ModelApproved, ModelRegistered
from tidegate.models.approving import approved_by
from tidegate.models.registry import approve
from tidegate.models.run import resource_name
from tidegate.models.ways import ByRule
from tidegate.plan import plan
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

logger = Logger(service="approve")


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """`ModelRegistered` → an approval by rule; the registry's event of an approval → `ModelApproved`."""
    known = settings.from_environment()
    if event["detail-type"] == ModelRegistered.name():
        fact = ModelRegistered.from_event(event)
        because = by_rule(aws.client("sagemaker"), fact)
        logger.info("judged", extra={"model": fact.model, "version": fact.version, "because": because})
        return {"approved": because}
    approved = approval(event["detail"], known[Setting.ENVIRONMENT], plan().models)
    if approved is None:
        logger.info("nothing to say", extra={"detail": event["detail"]})
        return {"said": None}
    answer = aws.client("events").put_events(Entries=[approved.entry(known[Setting.BUS])])
    if answer["FailedEntryCount"]:
        raise Transient("the bus", f"it did not take {approved}: {answer['Entries']}", "Try again shortly")
    logger.info("said", extra={"model": approved.model, "version": approved.version})
    return {"said": approved.name(), "model": approved.model, "version": approved.version}


def by_rule(sagemaker: Any, fact: ModelRegistered) -> str:
    """Why the version was approved without a person, or nothing."""
    rule = plan().model(fact.model).approval
    if not isinstance(rule, ByRule):
        return ""
    package = sagemaker.describe_model_package(ModelPackageName=fact.package_arn)
    because = approved_by(rule, package.get("CustomerMetadataProperties", {}), fact.version)
    if because and package["ModelApprovalStatus"] == "PendingManualApproval":
        approve(sagemaker, fact.package_arn, because)
    return because


def approval(detail: Mapping[str, Any], environment: str, models: Iterable[str]) -> ModelApproved | None:
    """The fact that a registry event tells, or nothing: no approval, or no model of this environment."""
    if detail.get("ModelApprovalStatus") != "Approved":
        return None
    group = detail["ModelPackageGroupName"]
    model = next((name for name in models if resource_name(environment, name) == group), None)
    if model is None:
        return None
    return ModelApproved(
        model=model, version=int(detail["ModelPackageVersion"]), package_arn=detail["ModelPackageArn"]
    )
