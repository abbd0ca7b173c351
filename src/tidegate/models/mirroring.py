"""Copies of requests for a shadow: a function of its own asks it, so that no caller waits for it.

A Lambda function does nothing after its answer; so a copy is handed over as an asynchronous call.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 1 MB of an asynchronous call
LARGEST_COPY = 1_000_000


@dataclass(frozen=True)
class Mirror:
    """The way of copies to shadows."""

    lambdas: Any
    function: str
    warn: Callable[[str], None]

    def send(self, endpoint: str, body: bytes) -> None:
        """Hand a copy over; one that is too large, or is not taken, is missing, and nothing else is."""
        payload = json.dumps({"endpoint": endpoint, "body": base64.b64encode(body).decode()})
        if len(payload) > LARGEST_COPY:
            self.warn(f"a request of {len(body)} bytes is too large to be copied for a shadow")
            return
        try:
            self.lambdas.invoke(FunctionName=self.function, InvocationType="Event", Payload=payload)
        except (BotoCoreError, ClientError) as error:
            self.warn(f"a copy for the shadow {endpoint} was not taken: {error}")


def copied(event: Mapping[str, Any]) -> tuple[str, bytes]:
    """The endpoint and the body of a copy."""
    return str(event["endpoint"]), base64.b64decode(event["body"])
