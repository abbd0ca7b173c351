"""Turn an approval in SageMaker's registry into our fact `ModelApproved`; approve by the model's own rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from tidegate import aws, settings
from tidegate.errors import Transient
from tidegate.facts import ModelApproved, ModelRegistered
from tidegate.models.approving import approved_by, changed_since
from tidegate.models.in_service import Records
from tidegate.models.registry import approve, leave_to_a_person
from tidegate.models.run import resource_name
from tidegate.models.ways import ByRule
from tidegate.plan import plan
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tidegate.models.ways import Approval

logger = Logger(service="approve")


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """`ModelRegistered` → an approval by rule; the registry's event of an approval → `ModelApproved`."""
    known = settings.from_environment()
    if event["detail-type"] == ModelRegistered.name():
        fact = ModelRegistered.from_event(event)
        records = Records(aws.client("dynamodb"), known[Setting.SERVING_TABLE])
        sagemaker, states = aws.client("sagemaker"), aws.client("stepfunctions")
        came = by_rule(sagemaker, states, records, plan().model(fact.model).approval, fact)
        logger.info("judged", extra={"model": fact.model, "version": fact.version, **came})
        return came
    approved = approval(event, known[Setting.ENVIRONMENT], plan().models)
    if approved is None:
        logger.info("nothing to say", extra={"detail": event["detail"]})
        return {"said": None}
    answer = aws.client("events").put_events(Entries=[approved.entry(known[Setting.BUS])])
    if answer["FailedEntryCount"]:
        raise Transient("the bus", f"it did not take {approved}: {answer['Entries']}", "Try again shortly")
    logger.info("said", extra={"model": approved.model, "version": approved.version})
    return {"said": approved.name(), "model": approved.model, "version": approved.version}


def by_rule(
    sagemaker: Any, states: Any, records: Records, rule: Approval, fact: ModelRegistered
) -> dict[str, str]:
    """Why a version was `approved` without a person; why it was `left` to one, where that is no rule."""
    if not isinstance(rule, ByRule):
        return {"approved": "", "left": ""}
    package = sagemaker.describe_model_package(ModelPackageName=fact.package_arn)
    told = package.get("CustomerMetadataProperties", {})
    because = approved_by(rule, told, fact.version)
    if not because or package["ModelApprovalStatus"] != "PendingManualApproval":
        return {"approved": because, "left": ""}
    if left := changed_since(told, records.read(fact.model), sagemaker, states):
        leave_to_a_person(sagemaker, fact.package_arn, left)
        return {"approved": "", "left": left}
    approve(sagemaker, fact.package_arn, because)
    return {"approved": because, "left": ""}


def approval(event: Mapping[str, Any], environment: str, models: Iterable[str]) -> ModelApproved | None:
    """The fact that a registry event tells, or nothing: no approval, or no model of this environment."""
    detail = event["detail"]
    if detail.get("ModelApprovalStatus") != "Approved":
        return None
    group = detail["ModelPackageGroupName"]
    model = next((name for name in models if resource_name(environment, name) == group), None)
    if model is None:
        return None
    version, arn = int(detail["ModelPackageVersion"]), detail["ModelPackageArn"]
    return ModelApproved(model=model, version=version, package_arn=arn, at=event["time"])
