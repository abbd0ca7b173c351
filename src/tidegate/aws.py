"""The one door to boto3: clients made once per process, with time-outs and retries that suit a Lambda."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from tidegate.errors import Transient

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.client import BaseClient


@cache
def client(  # boto3 types nothing
    service: str, retries: int = 5, seconds: int = 60, *, late_again: bool = True
) -> Any:
    """The boto3 client of `service`, kept for the process; 0 retries where a repetition does harm.

    An answer that does not come within `seconds` does not count; unless `late_again`, it is asked for once.
    """
    import boto3
    from botocore.config import Config

    made: BaseClient = boto3.client(
        service,
        config=Config(
            retries={"mode": "standard", "max_attempts": retries},
            connect_timeout=min(3, seconds),
            read_timeout=seconds,
        ),
    )
    if not late_again:
        made.meta.events.register_first(f"needs-retry.{service}", _not_again)
    return made


def _not_again(caught_exception: Exception | None = None, **_said: object) -> None:
    """Nobody has time for a second answer that is late: botocore raises what a handler of retries raises."""
    from botocore.exceptions import ReadTimeoutError

    if isinstance(caught_exception, ReadTimeoutError):
        raise caught_exception


def address(public: str) -> str:
    """Where a service is that boto3 has no client for: at AWS, unless a local cloud answers for all."""
    endpoint = str(client("sagemaker").meta.endpoint_url)
    return public if endpoint.endswith((".amazonaws.com", ".aws")) else endpoint


def send(
    service: str, method: str, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float = 23
) -> tuple[int, bytes]:
    """Send a request signed for a service, and wait so long; the answer's status and body.

    Raises:
        Transient: nobody answered.
    """
    from hashlib import sha256

    import boto3
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.exceptions import HTTPClientError
    from botocore.httpsession import URLLib3Session

    session = boto3.Session()
    hashed = {"X-Amz-Content-SHA256": sha256(body).hexdigest()}
    request = AWSRequest(method=method, url=url, data=body, headers={**headers, **hashed})
    SigV4Auth(session.get_credentials(), service, session.region_name).add_auth(request)
    connect = min(3.0, seconds / 2)
    try:
        said = URLLib3Session(timeout=(connect, seconds - connect)).send(request.prepare())
    except HTTPClientError as error:
        raise Transient(url, f"nobody answered: {error}", "Try again shortly") from error
    return said.status_code, said.content
