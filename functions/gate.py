"""Decide whether a trained model goes into the registry, from the report of its evaluation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from tidegate import aws, settings
from tidegate.errors import Transient
from tidegate.lake import layout
from tidegate.models.gating import package_request, reasons_against
from tidegate.models.piped import run_of, spread
from tidegate.models.registry_card import registry_card
from tidegate.models.tracking import OFF, Mlflow
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidegate.models.run import Run

logger = Logger(service="gate")


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """The training machine's input, or a pipeline's step's → whether it passed, why not, the registration."""
    known, s3 = settings.from_environment(), aws.client("s3")
    run = run_of(event, s3)
    bucket, prefix = layout.split_uri(run.prefix)
    report = s3.get_object(Bucket=bucket, Key=f"{prefix}/evaluation/evaluation.json")
    evaluation = json.loads(report["Body"].read())
    reasons = reasons_against(evaluation)
    logger.info("judged", extra={"run": run.run, "passed": not reasons, "reasons": reasons})
    verdict = {
        "passed": not reasons,
        "reasons": reasons,
        "package": {} if reasons else _package(known[Setting.ENVIRONMENT], run, evaluation, event),
    }
    _track(known[Setting.MLFLOW_SERVER_ARN], run, evaluation, reasons)
    return spread(verdict, event)


def _track(server: str, run: Run, evaluation: Mapping[str, Any], reasons: list[str]) -> None:
    """Log the training where it is wanted; a log that cannot be written keeps no model from service."""
    if server == OFF:
        return
    try:
        Mlflow(server).log(run, evaluation, reasons)
    except Transient as error:
        logger.warning("not logged to MLflow", extra={"run": run.run, "why": str(error)})


def _package(
    environment: str, run: Run, evaluation: Mapping[str, Any], event: Mapping[str, Any]
) -> dict[str, Any]:
    """The registration; the job of a redriven training, and so its model's place, has a name of its own."""
    if evaluation.get("kind") == "text":
        from tidegate.models.text import gating as of_text

        package = of_text.package_request(environment, run, evaluation)
    else:
        package = package_request(environment, run, evaluation, registry_card(run, evaluation))
    (container,) = package["InferenceSpecification"]["Containers"]
    container["ModelDataUrl"] = event.get("model_data") or container["ModelDataUrl"]
    return package
