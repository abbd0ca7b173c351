"""Ask a shadow what somebody else was answered already: its container captures it, and nobody hears it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from tidegate import aws
from tidegate.models.front import UNAVAILABLE, invoke
from tidegate.models.mirroring import copied

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = Logger(service="mirror")


def handler(event: Mapping[str, Any], _context: object) -> dict[str, str]:
    """A copy of a request → nothing that anybody waits for; SageMaker counts a shadow's errors."""
    return ask(aws.client("sagemaker-runtime", retries=0), *copied(event))


def ask(runtime: Any, endpoint: str, body: bytes) -> dict[str, str]:
    """Ask the shadow; what it says against it is written down, and asked of nobody again."""
    try:
        invoke(runtime, endpoint, body)
    except UNAVAILABLE as error:
        logger.warning("the shadow did not answer", extra={"endpoint": endpoint, "said": str(error)})
        return {"said": str(error)}
    return {"said": ""}
