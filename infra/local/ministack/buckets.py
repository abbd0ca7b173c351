"""S3 buckets made by CloudFormation: properties that MiniStack would drop in silence, and deletion as AWS
does it.

What is left out of the tables below fails the stack, since a bucket that looks encrypted and is not helps
nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from infra.local.ministack.resource_types import on_a_thread
from tidegate.aws import client
from tidegate.errors import Unsupported

Properties = Mapping[str, Any]

APPLIED_BY_MINISTACK = {
    "BucketName",
    "CorsConfiguration",
    "NotificationConfiguration",
    "PublicAccessBlockConfiguration",
    "VersioningConfiguration",
    "WebsiteConfiguration",
}


def install() -> None:
    """Wrap the handlers of AWS::S3::Bucket."""
    from ministack.services.cloudformation import provisioners

    theirs = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]

    def create(logical_id: str, properties: Properties, stack: str) -> tuple[str, dict[str, Any]]:
        _refuse_unknown(properties)
        name, attributes = theirs["create"](logical_id, properties, stack)
        _apply(name, properties)
        return name, attributes

    def update(name: str, old: Properties, new: Properties, stack: str) -> tuple[str, dict[str, Any]]:
        _refuse_unknown(new)
        found, attributes = theirs["update"](name, old, new, stack)
        _apply(found, new, old)
        return found, attributes

    def delete(name: str, properties: Properties) -> None:
        s3 = client("s3")
        try:
            s3.delete_bucket(Bucket=name)  # refuses a bucket that holds something
        except s3.exceptions.NoSuchBucket:
            return
        theirs["delete"](name, properties)

    provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"] = {
        **theirs,
        "create": create,
        "update": update,
        "delete": delete,
    }
    on_a_thread("AWS::S3::Bucket")


def _refuse_unknown(properties: Properties) -> None:
    unknown = set(properties) - APPLIED_BY_MINISTACK - set(_APPLIED_HERE)
    if properties.get("AccessControl") == "Private":  # what every bucket is; the CDK's own bootstrap says it
        unknown.discard("AccessControl")
    if unknown:
        raise Unsupported(
            "AWS::S3::Bucket",
            f"the local cloud does not apply {', '.join(sorted(unknown))}",
            "Leave it out of the laptop's environment; AWS applies it",
        )


def _apply(name: str, new: Properties, old: Properties | None = None) -> None:
    s3 = client("s3")
    for prop, (put, drop) in _APPLIED_HERE.items():
        if prop in new:
            put(s3, name, new[prop])
        elif old and prop in old:
            drop(s3, name)


def _encrypt(s3: Any, name: str, value: Properties) -> None:
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
            "BucketKeyEnabled": str(rule.get("BucketKeyEnabled", False)).lower() == "true",
        }
        for rule in value["ServerSideEncryptionConfiguration"]
    ]
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})


def _log(s3: Any, name: str, value: Properties) -> None:
    target = value.get("DestinationBucketName", name)
    enabled = {"TargetBucket": target, "TargetPrefix": value.get("LogFilePrefix", "")}
    s3.put_bucket_logging(Bucket=name, BucketLoggingStatus={"LoggingEnabled": enabled})


def _expire(s3: Any, name: str, value: Properties) -> None:
    rules = [_lifecycle_rule(rule, number) for number, rule in enumerate(value["Rules"])]
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})


def _lifecycle_rule(rule: Properties, number: int) -> dict[str, Any]:
    """CloudFormation flattens what the S3 API nests."""
    made: dict[str, Any] = {
        "ID": rule.get("Id", f"rule-{number}"),
        "Status": rule["Status"],
        "Filter": _lifecycle_filter(rule),
    }
    expiration = {}
    if "ExpirationInDays" in rule:
        expiration["Days"] = int(rule["ExpirationInDays"])
    if "ExpiredObjectDeleteMarker" in rule:
        expiration["ExpiredObjectDeleteMarker"] = str(rule["ExpiredObjectDeleteMarker"]).lower() == "true"
    if expiration:
        made["Expiration"] = expiration
    old = dict(rule.get("NoncurrentVersionExpiration", {}))
    if "NoncurrentVersionExpirationInDays" in rule:
        old["NoncurrentDays"] = rule["NoncurrentVersionExpirationInDays"]
    if old:
        made["NoncurrentVersionExpiration"] = {key: int(days) for key, days in old.items()}
    if "AbortIncompleteMultipartUpload" in rule:
        days = int(rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"])
        made["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": days}
    if "Transitions" in rule:
        made["Transitions"] = [
            {"Days": int(step["TransitionInDays"]), "StorageClass": step["StorageClass"]}
            for step in rule["Transitions"]
        ]
    _refuse_lifecycle(rule)
    return made


def _lifecycle_filter(rule: Properties) -> dict[str, Any]:
    tags = rule.get("TagFilters", [])
    prefix = rule.get("Prefix", "")
    if not tags:
        return {"Prefix": prefix}
    if len(tags) == 1 and not prefix:
        return {"Tag": tags[0]}
    return {"And": {"Prefix": prefix, "Tags": tags}}


def _refuse_lifecycle(rule: Properties) -> None:
    known = {
        "AbortIncompleteMultipartUpload",
        "ExpirationInDays",
        "ExpiredObjectDeleteMarker",
        "Id",
        "NoncurrentVersionExpiration",
        "NoncurrentVersionExpirationInDays",
        "Prefix",
        "Status",
        "TagFilters",
        "Transitions",
    }
    if unknown := set(rule) - known:
        raise Unsupported(
            "AWS::S3::Bucket LifecycleConfiguration",
            f"the local cloud does not apply {', '.join(sorted(unknown))}",
            "Write the rule without it, or add it to infra/local/ministack/buckets.py",
        )


Put = Callable[[Any, str, Any], None]
Drop = Callable[[Any, str], None]
_APPLIED_HERE: dict[str, tuple[Put, Drop]] = {
    "BucketEncryption": (_encrypt, lambda s3, name: s3.delete_bucket_encryption(Bucket=name)),
    "LifecycleConfiguration": (_expire, lambda s3, name: s3.delete_bucket_lifecycle(Bucket=name)),
    "LoggingConfiguration": (
        _log,
        lambda s3, name: s3.put_bucket_logging(Bucket=name, BucketLoggingStatus={}),
    ),
    "OwnershipControls": (
        lambda s3, name, value: s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=value),
        lambda s3, name: s3.delete_bucket_ownership_controls(Bucket=name),
    ),
    "Tags": (
        lambda s3, name, value: s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": value}),
        lambda s3, name: s3.delete_bucket_tagging(Bucket=name),
    ),
}
