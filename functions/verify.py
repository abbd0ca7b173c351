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
    """What `deploy` prepared → what the endpoint says of itself."""
    return verify(aws.client("sagemaker-runtime"), event)


def verify(runtime: Any, prepared: Mapping[str, Any]) -> dict[str, Any]:
    """What the endpoint says of itself, if that is the version that was rolled out.

    Raises:
        Refused: another version answers.
    """
    answer = runtime.invoke_endpoint(
        EndpointName=prepared["endpoint"], ContentType="application/json", Body=b'{"describe": true}'
    )
    told: dict[str, Any] = json.loads(answer["Body"].read())
    logger.info("asked", extra={"endpoint": prepared["endpoint"], "answer": told})
    version = prepared["version"]
    if (told.get("model"), told.get("version")) != (prepared["model"], version):
        said = f"; SageMaker says: {reason}" if (reason := prepared.get("reason", "")) else ""
        raise Refused(
            f"the endpoint {prepared['endpoint']}",
            f"version {told.get('version')} of {told.get('model')} answers, not version {version}{said}",
            "Look at the endpoint's alarms: the roll-out was taken back",
        )
    return told
