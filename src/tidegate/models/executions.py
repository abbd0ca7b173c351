"""How an execution of one of our state machines stands."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

UNDER_WAY = ("RUNNING", "PENDING_REDRIVE")


def status(states: Any, execution: str) -> str:
    """Its status; empty when there is none of that ARN (they are kept for 90 days)."""
    try:
        return str(states.describe_execution(executionArn=execution)["status"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
            return ""
        raise


def runs(states: Any, execution: str) -> bool:
    """Whether it has not come to an end."""
    return status(states, execution) in UNDER_WAY
