"""Turn an approval in SageMaker's registry into our fact `ModelApproved`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from tidegate import aws, settings
from tidegate.errors import Transient
from tidegate.facts import ModelApproved
from tidegate.models.run import resource_name
from tidegate.plan import plan
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

logger = Logger(service="approve")


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """`SageMaker Model Package State Change` → `ModelApproved`, when it is an approval of a model of ours."""
    known = settings.from_environment()
    fact = approval(event["detail"], known[Setting.ENVIRONMENT], plan().models)
    if fact is None:
        logger.info("nothing to say", extra={"detail": event["detail"]})
        return {"said": None}
    answer = aws.client("events").put_events(Entries=[fact.entry(known[Setting.BUS])])
    if answer["FailedEntryCount"]:
        raise Transient("the bus", f"it did not take {fact.name()}: {answer['Entries']}", "Try again shortly")
    logger.info("said", extra={"fact": fact.name(), "model": fact.model, "version": fact.version})
    return {"said": fact.name(), "model": fact.model, "version": fact.version}


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
