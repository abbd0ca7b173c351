"""The one door of the local SageMaker to the rest of the local cloud."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from infra.local.sagemaker.faults import invalid

if TYPE_CHECKING:
    from infra.local.sagemaker.config import Config


@dataclass(frozen=True)
class Credentials:
    """What a session of a role signs with."""

    access_key: str
    secret_key: str
    token: str = ""

    def environment(self) -> dict[str, str]:
        """The variables from which an SDK reads them."""
        said = {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}
        return {**said, "AWS_SESSION_TOKEN": self.token} if self.token else said


class Assume(Protocol):
    """Hands out credentials of a role, or refuses."""

    def __call__(self, role_arn: str, session_name: str) -> Credentials: ...


Deliver = Callable[[list[dict[str, Any]]], None]  # entries of PutEvents, source aws.sagemaker


class Cloud:
    """Clients of the local cloud: SageMaker's own, and those of the roles that are passed to it."""

    def __init__(
        self,
        config: Config,
        own: Credentials,
        assume: Assume | None = None,
        deliver: Deliver | None = None,
    ) -> None:
        self.config = config
        self._own = own
        self._assume = assume or self._assume_by_sts
        self._deliver = deliver or self._deliver_by_put_events
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str) -> Any:
        """SageMaker's own client of a service."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._make(service, self._own)
            return self._clients[service]

    def assume(self, role_arn: str) -> Credentials:
        """Credentials of a role that was passed to SageMaker.

        Raises:
            ApiError: the role does not exist or does not trust SageMaker.
        """
        return self._assume(role_arn, "SageMaker")

    def s3(self, role_arn: str) -> Any:
        """An S3 client that may do what the role may."""
        return self._make("s3", self.assume(role_arn))

    def acting(self, role_arn: str, service: str) -> Any:
        """A client that may do what the role may; one of SageMaker comes back to us, signed by the role.

        Raises:
            ApiError: the role does not exist or does not trust SageMaker.
        """
        own = self.config.own_url if service == "sagemaker" else ""
        return self._make(service, self.assume(role_arn), own)

    def container_environment(self, credentials: Credentials) -> dict[str, str]:
        """The variables by which a container's SDKs find the cloud and sign for their role."""
        return {
            "AWS_ENDPOINT_URL": self.config.endpoint_url,
            "S3_ENDPOINT_URL": self.config.endpoint_url,
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
            **credentials.environment(),
        }

    def emit(self, detail_type: str, arns: list[str], detail: Mapping[str, Any]) -> None:
        """Put an event of SageMaker's, about these resources, on the default bus."""
        import json

        self._deliver(
            [
                {
                    "Source": "aws.sagemaker",
                    "DetailType": detail_type,
                    "Detail": json.dumps(detail),
                    "Resources": arns,
                }
            ]
        )

    def alarms_in_alarm(self, names: list[str]) -> list[str]:
        """Those of the named alarms that are in ALARM."""
        if not names:
            return []
        found = self.client("cloudwatch").describe_alarms(
            AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        alarms = [*found.get("MetricAlarms", []), *found.get("CompositeAlarms", [])]
        return [alarm["AlarmName"] for alarm in alarms if alarm["StateValue"] == "ALARM"]

    def _make(self, service: str, credentials: Credentials, address: str = "") -> Any:
        import boto3
        from botocore.config import Config as ClientConfig

        session = boto3.Session(
            aws_access_key_id=credentials.access_key,
            aws_secret_access_key=credentials.secret_key,
            aws_session_token=credentials.token or None,
            region_name=self.config.region,
        )
        settings = ClientConfig(
            retries={"mode": "standard", "max_attempts": 3},
            connect_timeout=3,
            read_timeout=60,
            s3={"addressing_style": "path"},
            inject_host_prefix=False,
        )
        return session.client(service, endpoint_url=address or self.config.endpoint_url, config=settings)

    def _assume_by_sts(self, role_arn: str, session_name: str) -> Credentials:
        from botocore.exceptions import ClientError

        try:
            said = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName=session_name)[
                "Credentials"
            ]
        except ClientError as error:
            raise cannot_assume(role_arn) from error
        return Credentials(said["AccessKeyId"], said["SecretAccessKey"], said["SessionToken"])

    def _deliver_by_put_events(self, entries: list[dict[str, Any]]) -> None:
        self.client("events").put_events(Entries=entries)


def cannot_assume(role_arn: str) -> Exception:
    """AWS's answer to a role that SageMaker may not use."""
    return invalid(
        f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
        "'sagemaker.amazonaws.com' to assume the role."
    )
