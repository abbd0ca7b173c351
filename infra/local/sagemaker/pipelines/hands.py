"""Calls that a pipeline makes: signed by its role, so that IAM decides on each of them."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infra.local.sagemaker.cloud import Cloud
    from infra.local.sagemaker.store import Record

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
SERVICE_FAULT, THROTTLING = "Step.SERVICE_FAULT", "Step.THROTTLING"


class StepFailedError(Exception):
    """A step failed; `kind` is the exception type by which a retry policy knows it, or empty."""

    def __init__(self, reason: str, kind: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind


class Hands:
    """The clients of one execution."""

    def __init__(self, cloud: Cloud, role_arn: str) -> None:
        self._cloud = cloud
        self._role_arn = role_arn
        self._clients: dict[str, Any] = {}

    def sagemaker(self, operation: str, request: Record) -> Record:
        """Answer of an operation of SageMaker, with times as seconds.

        Raises:
            StepFailedError: it was refused.
        """
        return self.call("sagemaker", operation, **request)

    def call(self, service: str, operation: str, **request: Any) -> Record:
        """Answer of any operation, by its name in the API.

        Raises:
            StepFailedError: it was refused.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            client = self._client(service)
            said = getattr(client, _WORD.sub("_", operation).lower())(**request)
        except ClientError as error:
            raise _refused(service, operation, error.response) from error
        except BotoCoreError as error:  # no connection, or a request that breaks the service's model
            kind = SERVICE_FAULT if "onnect" in type(error).__name__ else ""
            raise StepFailedError(
                f"ClientError: Failed to invoke {service}:{operation}. Error Details: {error}", kind
            ) from error
        said.pop("ResponseMetadata", None)
        plain: Record = _plain(said)
        return plain

    def _client(self, service: str) -> Any:
        from infra.local.sagemaker.faults import ApiError

        if service not in self._clients:
            try:
                self._clients[service] = self._cloud.acting(self._role_arn, service)
            except ApiError as error:
                raise StepFailedError(f"ClientError: {error.what}") from error
        return self._clients[service]


def _refused(service: str, operation: str, response: Any) -> StepFailedError:
    said, status = response["Error"], response["ResponseMetadata"]["HTTPStatusCode"]
    code = said.get("Code", "")
    kind = ""
    if "Throttl" in code or code == "TooManyRequestsException":
        kind = THROTTLING
    elif status >= 500 and status != 501:
        kind = SERVICE_FAULT
    elif code == "ResourceLimitExceeded":
        kind = "SageMaker.RESOURCE_LIMIT"
    return StepFailedError(
        f"ClientError: Failed to invoke {service}:{operation}. Error Details: {code}: {said.get('Message')}",
        kind,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.timestamp() if isinstance(value, datetime.datetime) else value
