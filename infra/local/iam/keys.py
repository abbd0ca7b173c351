"""The customer's KMS key behind a bucket or a queue, and what using the resource asks of it."""

from __future__ import annotations

from typing import NamedTuple

from ministack.core.responses import get_account_id, get_region
from ministack.services import kms, s3, sqs

# Sources: "Protecting data with SSE-KMS" (S3) and "Key management" (SQS) in the services' developer guides.
_ASKED = {
    "s3:PutObject": ("kms:GenerateDataKey",),
    "s3:GetObject": ("kms:Decrypt",),
    "s3:GetObjectVersion": ("kms:Decrypt",),
    "sqs:SendMessage": ("kms:GenerateDataKey", "kms:Decrypt"),
    "sqs:ReceiveMessage": ("kms:Decrypt",),
}


class KeyUse(NamedTuple):
    """One use of a key, made through the service that keeps the resource."""

    action: str
    key: str
    context: dict[str, str]


def behind(action: str, resource: str) -> list[KeyUse]:
    """The uses of a KMS key that `action` on `resource` needs as well."""
    asked = _ASKED.get(action)
    if asked is None:
        return []
    key = _bucket_key(resource) if action.startswith("s3:") else queue_key(resource)
    through = {"kms:viaservice": f"{action.partition(':')[0]}.{get_region()}.amazonaws.com"}
    return [KeyUse(one, key, through) for one in asked] if key else []


def _bucket_key(object_arn: str) -> str:
    bucket = object_arn.removeprefix("arn:aws:s3:::").partition("/")[0]
    return _customer_key(
        s3._bucket_default_sse_headers(bucket).get("x-amz-server-side-encryption-aws-kms-key-id", "")
    )


def queue_key(queue_arn: str) -> str:
    """The ARN of the customer's key of a queue; empty where SQS or AWS holds the key."""
    queue = sqs._queue_by_arn(queue_arn)
    return _customer_key((queue or {}).get("attributes", {}).get("KmsMasterKeyId", "")) if queue else ""


def _customer_key(named: str) -> str:
    if not named or "alias/aws/" in named:
        return ""
    record = kms._resolve_key(named)
    if record is not None:
        return str(record["Arn"])
    return named if named.startswith("arn:") else f"arn:aws:kms:{get_region()}:{get_account_id()}:key/{named}"
