"""The data that a job reads: which sources are done here, and how they come into its directories."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from infra.local.sagemaker.faults import not_implemented
from infra.local.sagemaker.files import BadManifestError, download, listed
from tidegate.lake.layout import split_uri

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from infra.local.sagemaker.store import Record

PREFIX, MANIFEST = "S3Prefix", "ManifestFile"
FILE_MODES = ("File", "FastFile")  # FastFile streams on AWS; what a program sees are files all the same


def check(channel: Record, mode: str) -> None:
    """Refuse by name what a training channel asks for and is not done.

    Raises:
        ApiError: it is not done here.
    """
    name = f"Channel {channel['ChannelName']}"
    source = channel["DataSource"].get("S3DataSource")
    if source is None:
        raise not_implemented(f"{name}: a data source other than S3")
    check_source(name, source)
    if input_mode(channel, mode) not in FILE_MODES:
        raise not_implemented(f"{name}: input mode Pipe (FastFile reads as a stream too)")
    if channel.get("CompressionType", "None") != "None" or channel.get("RecordWrapperType", "None") != "None":
        raise not_implemented(f"{name}: decompression and record wrapping, which are for Pipe mode,")


def check_source(name: str, source: Record) -> None:
    """Refuse by name a kind of S3 source that is not done.

    Raises:
        ApiError: it is not done here.
    """
    if (kind := source.get("S3DataType", PREFIX)) not in (PREFIX, MANIFEST):
        raise not_implemented(f"{name}: S3DataType {kind}")
    for member in ("AttributeNames", "InstanceGroupNames", "ModelAccessConfig", "HubAccessConfig"):
        if source.get(member):
            raise not_implemented(f"{name}: {member}")


def input_mode(channel: Record, mode: str) -> str:
    """The mode that a channel has: its own, else the job's."""
    return str(channel.get("InputMode", mode))


def bring(s3: Any, source: Record, into: Path) -> None:
    """Copy a source's objects into a directory.

    Raises:
        NoObjectsError: there are none.
        BadManifestError: the manifest is none.
    """
    into.mkdir(parents=True, exist_ok=True)
    if source.get("S3DataType", PREFIX) == PREFIX:
        download(s3, source["S3Uri"], into)
        return
    for address, relative in objects(s3, source):
        target = into / relative
        if not target.resolve().is_relative_to(into.resolve()):
            raise BadManifestError(f"{relative!r} would leave its directory")
        target.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(*split_uri(address), str(target))


def objects(s3: Any, source: Record) -> Iterator[tuple[str, str]]:
    """The addresses of a source's objects, each with its path.

    Raises:
        NoObjectsError: there are none.
        BadManifestError: the manifest is none.
    """
    if source.get("S3DataType", PREFIX) == MANIFEST:
        yield from manifested(s3, source["S3Uri"])
        return
    bucket, _ = split_uri(source["S3Uri"])
    for key, relative in listed(s3, source["S3Uri"]):
        yield f"s3://{bucket}/{key}", relative


def manifested(s3: Any, uri: str) -> Iterator[tuple[str, str]]:
    """The objects that a manifest names, each with its path: `[{"prefix": "s3://…/"}, "path", …]`.

    Raises:
        BadManifestError: it is none.
    """
    bucket, key = split_uri(uri)
    try:
        first, *rest = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        prefix = first["prefix"]
    except (ValueError, TypeError, KeyError) as error:
        raise BadManifestError(f"{uri} is no manifest: {error!r}") from None
    for relative in rest:
        if not isinstance(relative, str):
            raise BadManifestError(f"{uri} is no manifest: {relative!r} is no path")
        yield prefix + relative, relative
