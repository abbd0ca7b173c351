"""Ask an endpoint which version answers: a roll-out that was taken back must not be told as a success."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from tidegate import aws
from tidegate.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = Logger(service="verify")


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """What `deploy` prepared → what the endpoint says of itself, if it is the version rolled out."""
    answer = aws.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=event["endpoint"], ContentType="application/json", Body=b'{"describe": true}'
    )
    told: dict[str, Any] = json.loads(answer["Body"].read())
    logger.info("asked", extra={"endpoint": event["endpoint"], "answer": told})
    if (told.get("model"), told.get("version")) != (event["model"], event["version"]):
        raise Refused(
            f"the endpoint {event['endpoint']}",
            f"version {told.get('version')} of {told.get('model')} answers, not version {event['version']}",
            "Look at the endpoint's alarms: the roll-out was taken back",
        )
    return told
