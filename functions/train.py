"""Start a training, or say why not: new data, a clock, a drift or a person may ask for one.

event → `Wish` → `decide` (plain values) → `states:StartExecution`. What the last training read is kept in one
object, `runs/<model>/last.json`, replaced only by who has read it: of two that decide at once, one goes on.
A pipeline of SageMaker's runs its training itself: it is told the record of one, and nothing is started.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from tidegate import aws, settings
from tidegate.models.decide import Start, Wish, decide
from tidegate.models.in_service import Records
from tidegate.models.trainings import Trainings
from tidegate.plan import plan
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidegate.settings import Settings

logger = Logger(service="train")


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Decide for each model that the event concerns."""
    trainings = _trainings(settings.from_environment())
    wish = Wish.from_event(event)
    if wish.kind == "Pipeline":
        return trainings.record(plan().model(wish.model), plan(), wish)
    outcomes = {}
    for model in wish.models(plan()):
        decision = decide(model, plan(), wish, trainings.seen(model))
        outcomes[model.name] = trainings.start(decision) if isinstance(decision, Start) else decision.reason
        trainings.tell_report(wish, outcomes[model.name])
        logger.info(
            "decided", extra={"model": model.name, "cause": wish.kind, "outcome": outcomes[model.name]}
        )
    return {"cause": wish.kind, "outcomes": outcomes}


def _trainings(known: Settings) -> Trainings:
    return Trainings(
        s3=aws.client("s3"),
        glue=aws.client("glue"),
        states=aws.client("stepfunctions"),
        sagemaker=aws.client("sagemaker"),
        bucket=known[Setting.ARTEFACT_BUCKET],
        database=known[Setting.DATABASE],
        machine=known[Setting.TRAINING_MACHINE_ARN],
        records=Records(aws.client("dynamodb"), known[Setting.SERVING_TABLE]),
        image=known[Setting.MODEL_IMAGE],
        training_images=json.loads(known[Setting.TRAINING_IMAGES]),
    )
