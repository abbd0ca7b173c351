"""With whose credentials, and against which endpoint, a query reads and writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import boto3


@dataclass(frozen=True)
class Access:
    """The caller's session: Athena reads S3 and Glue as whoever started the query."""

    session: boto3.Session
    endpoint: str | None = None  # None: what boto3 itself finds in the environment
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:  # boto3's clients have no static type
        """The caller's boto3 client of `service`."""
        if service not in self._clients:
            self._clients[service] = self.session.client(service, endpoint_url=self.endpoint)
        return self._clients[service]

    def file_properties(self) -> dict[str, str]:
        """PyIceberg's FileIO properties that say the same as this session."""
        meta = self.client("s3").meta
        properties = {"s3.endpoint": meta.endpoint_url, "s3.region": meta.region_name}
        credentials = self.session.get_credentials()
        if credentials is not None:
            frozen = credentials.get_frozen_credentials()
            properties |= {"s3.access-key-id": frozen.access_key, "s3.secret-access-key": frozen.secret_key}
            if frozen.token:
                properties["s3.session-token"] = frozen.token
        return properties
