"""What one local SageMaker is started with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra.local.sagemaker.images import Images
from tidegate.errors import SettingMissing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ACCOUNT = "000000000000"
REGION = "eu-west-1"


@dataclass(frozen=True, kw_only=True)
class Config:
    """Where it works, on whose behalf, and how fast its waits pass."""

    root: Path  # directories of jobs and endpoints
    endpoint_url: str  # of the cloud that has S3, STS, logs, metrics and events
    own_url: str = ""  # where this SageMaker answers, if that cloud does not serve it
    region: str = REGION
    account: str = ACCOUNT
    time_scale: float = 1.0
    images: Images = field(default_factory=Images)

    @classmethod
    def read(cls, environ: Mapping[str, str], root: Path) -> Config:
        """The configuration that environment variables give.

        Raises:
            SettingMissing: no local cloud is named; without one, boto3 would turn to AWS itself.
        """
        endpoint = environ.get("AWS_ENDPOINT_URL", "")
        if not endpoint:
            raise SettingMissing(
                "AWS_ENDPOINT_URL",
                "the local SageMaker needs a cloud with S3, logs and events",
                "Start the local cloud (tidegate up) and set this to its address",
            )
        return cls(
            root=root,
            endpoint_url=endpoint,
            region=environ.get("AWS_REGION") or REGION,
            account=environ.get("MINISTACK_ACCOUNT_ID") or ACCOUNT,
            time_scale=float(environ.get("TIDEGATE_LOCAL_TIME_SCALE") or 1),
            images=Images.read(environ),
        )

    def arn(self, kind: str, name: str) -> str:
        """The ARN of a resource of this account."""
        return f"arn:aws:sagemaker:{self.region}:{self.account}:{kind}/{name}"
