"""Prepare a roll-out, or the way back: what the deployment machine then asks SageMaker for, or waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from tidegate import aws, settings
from tidegate.errors import CommitConflict
from tidegate.facts import ModelApproved, RollbackRequested
from tidegate.models.deployments import Asking, Deployments, told
from tidegate.models.fronted import FrontDeployments
from tidegate.models.in_service import Records
from tidegate.models.rollout import Site
from tidegate.models.signals import ring
from tidegate.models.ways import Serverless
from tidegate.plan import plan
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = Logger(service="deploy")


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """`ModelApproved` or `RollbackRequested`, and the `execution` → the requests of the deployment."""
    known, sagemaker = settings.from_environment(), aws.client("sagemaker")
    site = Site(
        environment=known[Setting.ENVIRONMENT],
        region=sagemaker.meta.region_name,
        role=known[Setting.MODEL_ROLE_ARN],
        lookup_table=known[Setting.LOOKUP_TABLE],
        artefact_bucket=known[Setting.ARTEFACT_BUCKET],
    )
    records = Records(aws.client("dynamodb"), known[Setting.SERVING_TABLE])
    cloudwatch, states = aws.client("cloudwatch"), aws.client("stepfunctions")
    serving = plan().model(event["detail"]["model"]).serving
    kind = FrontDeployments if isinstance(serving, Serverless) else Deployments
    deployments = kind(sagemaker, cloudwatch, states, records, site, plan(), ring)
    prepared = answer(deployments, event)
    shown = ("model", "version", "leaves", "way", "waits_for")
    logger.info("prepared", extra={name: prepared[name] for name in shown if name in prepared})
    return prepared


def answer(deployments: Deployments | FrontDeployments, event: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be done; who is not alone at the record waits too, which is no error."""
    asking = Asking(execution=event["execution"], at=event["detail"].get("at") or event["time"])
    try:
        if event["detail-type"] == RollbackRequested.name():
            return deployments.back(RollbackRequested.from_event(event), asking)
        return deployments.out(ModelApproved.from_event(event), asking)
    except CommitConflict as error:
        detail = event["detail"]
        return told(detail["model"], detail["version"], way="wait", waits_for=f"{error.where}: {error.what}")
