"""The one door to boto3: clients made once per process, with time-outs and retries that suit a Lambda."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.client import BaseClient


@cache
def client(service: str, retries: int = 5) -> Any:  # boto3 types nothing
    """The boto3 client of `service`, kept for the process; 0 retries where a repetition does harm."""
    import boto3
    from botocore.config import Config

    made: BaseClient = boto3.client(
        service,
        config=Config(
            retries={"mode": "standard", "max_attempts": retries}, connect_timeout=3, read_timeout=60
        ),
    )
    return made
