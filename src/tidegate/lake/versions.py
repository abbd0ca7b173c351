"""The versions of one landed key, in the order that S3 itself keeps: it alone knows which came first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tidegate.lake.landed import LandedObject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one version stands among all of its key: the object ids before and after it."""

    newer: tuple[str, ...]
    older: tuple[str, ...]


def place(s3: Any, bucket: str, key: str, object_id: str) -> Place:
    """Where the version `object_id` stands; one that S3 no longer lists is older than all it lists."""
    listed = [version.object_id for version in versions(s3, bucket, key)]
    at = listed.index(object_id) if object_id in listed else len(listed)
    return Place(newer=tuple(listed[:at]), older=tuple(listed[at + 1 :]))


def is_listed(s3: Any, landed: LandedObject) -> bool:
    """Whether S3 still has this version."""
    return any(version.object_id == landed.object_id for version in versions(s3, landed.bucket, landed.key))


def versions(s3: Any, bucket: str, key: str) -> Iterator[LandedObject]:
    """Every version of `key`, the newest first."""
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
    for page in pages:
        listed = page.get("Versions", ())
        yield from (landed_version(bucket, version) for version in listed if version["Key"] == key)
        if any(version["Key"] > key for version in listed):
            return  # keys come in order: what follows only begins like ours


def landed_version(bucket: str, version: Mapping[str, Any]) -> LandedObject:
    """A version as S3 lists it."""
    return LandedObject.read(
        bucket=bucket,
        key=version["Key"],
        version_id=version["VersionId"],
        etag=version["ETag"],
        size=version["Size"],
        landed_at=version["LastModified"].isoformat(),
    )
