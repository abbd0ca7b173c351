"""Between S3 and a container's directories: channels down, outputs up, model archives packed and unpacked."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import tempfile
from typing import TYPE_CHECKING, Any

from tidegate.lake.layout import split_uri

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_UNPACKED = 8 << 30  # bytes of one model archive
MOST_MEMBERS = 100_000


class NoObjectsError(Exception):
    """Nothing lies under an S3 address that a job reads."""


class BadManifestError(Exception):
    """A list of objects that is none, or names what would not stay in its place."""


class BadArchiveError(Exception):
    """A model archive that is no gzipped tar, or would not stay in its place."""


def download(s3: Any, uri: str, into: Path) -> int:
    """Copy what lies under a prefix (or the one object of that key) into a directory; the number of files.

    Raises:
        NoObjectsError: nothing is there.
    """
    bucket, _ = split_uri(uri)
    copied = 0
    for key, relative in listed(s3, uri):
        target = into / relative
        if not target.resolve().is_relative_to(into.resolve()):
            raise NoObjectsError(f"the key {key!r} would leave its directory")
        target.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(bucket, key, str(target))
        copied += 1
    return copied


def listed(s3: Any, uri: str) -> Iterator[tuple[str, str]]:
    """The keys under a prefix (or the one of that name), each with its path below it.

    Raises:
        NoObjectsError: nothing is there.
    """
    bucket, prefix = split_uri(uri)
    empty = True
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for found in page.get("Contents", []):
            if not found["Key"].endswith("/"):
                empty = False
                yield found["Key"], _below(found["Key"], prefix)
    if empty:
        raise NoObjectsError(f"No S3 objects found under S3 URL {uri!r} given in input data source")


def _below(key: str, prefix: str) -> str:
    """Where SageMaker puts a key: its part after the last slash of the prefix that it matched."""
    if key == prefix:
        return key.rpartition("/")[2]
    folder = prefix if prefix.endswith("/") or key.startswith(prefix + "/") else prefix.rpartition("/")[0]
    return key[len(folder) :].lstrip("/")


def write_json(file: Path, value: Any) -> None:
    """One of the JSON files that a container finds under /opt/ml."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(value))


def encryption(key: str) -> dict[str, str]:
    """The arguments of an upload that is encrypted by a key of KMS, where one is given."""
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}


def upload(s3: Any, source: Path, uri: str, key_id: str = "") -> None:
    """Copy every file under a directory to a prefix."""
    bucket, prefix = split_uri(uri)
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        key = "/".join(part for part in (prefix.rstrip("/"), file.relative_to(source).as_posix()) if part)
        s3.upload_file(str(file), bucket, key, ExtraArgs=encryption(key_id))


def pack(s3: Any, source: Path, uri: str, key_id: str = "") -> bool:
    """Upload a directory as one tar.gz; False when it is empty."""
    if not any(source.iterdir()):
        return False
    with tempfile.NamedTemporaryFile(suffix=".tar.gz") as scratch:
        with tarfile.open(scratch.name, "w:gz", compresslevel=1) as archive:
            for entry in sorted(source.iterdir()):
                archive.add(entry, entry.name)
        s3.upload_file(scratch.name, *split_uri(uri), ExtraArgs=encryption(key_id))
    return True


def unpack(s3: Any, uri: str, into: Path) -> None:
    """Fetch a model archive and lay out its files, refusing what would escape or fill the disk.

    Raises:
        BadArchiveError: it is not a safe gzipped tar.
    """
    with tempfile.TemporaryFile() as scratch:
        s3.download_fileobj(*split_uri(uri), scratch)
        scratch.seek(0)
        try:
            with tarfile.open(fileobj=scratch, mode="r:*") as archive:
                _extract(archive, into)
        except BadArchiveError as error:
            raise BadArchiveError(f"{uri} cannot be unpacked: {error}") from None
        except (tarfile.TarError, OSError, EOFError) as error:
            raise BadArchiveError(f"{uri} cannot be unpacked: {error}") from error


def _extract(archive: tarfile.TarFile, into: Path) -> None:
    size = 0
    for position, member in enumerate(archive):
        size += member.size
        if size > MOST_UNPACKED or position > MOST_MEMBERS:
            raise BadArchiveError(f"it unpacks to more than {MOST_UNPACKED} bytes or {MOST_MEMBERS} files")
        _lay_out(archive, member, into)


def _lay_out(archive: tarfile.TarFile, member: tarfile.TarInfo, into: Path) -> None:
    """One member, by hand: tarfile's own `filter` came with Python 3.11.4, and Debian 12 has 3.11.2."""
    target = (into / member.name).resolve()
    if not target.is_relative_to(into.resolve()):
        raise BadArchiveError(f"{member.name!r} would leave its directory")
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
    elif member.isreg():
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            shutil.copyfileobj(archive.extractfile(member) or io.BytesIO(), file)
        target.chmod(member.mode & 0o755 | 0o600)
    else:
        raise BadArchiveError(f"{member.name!r} is neither a file nor a directory")
