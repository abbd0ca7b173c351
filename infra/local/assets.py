"""Put the files that templates refer to into the assets bucket, each once: its key is the hash of its
content.
"""

from __future__ import annotations

import os
import zipfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from infra.local.assembly import Asset
    from infra.local.cloud import LocalCloud

LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip file can name


def publish(assets: Iterable[Asset], cloud: LocalCloud, cache: Path) -> None:
    """Upload what is not there yet; folders are zipped once and kept in `cache`."""
    s3 = cloud.client("s3")
    for asset in assets:
        if _is_there(s3, asset):
            continue
        body = _zipped(asset.path, cache / asset.key) if asset.zipped else asset.path
        with body.open("rb") as file:
            s3.put_object(Bucket=asset.bucket, Key=asset.key, Body=file)


def _is_there(s3: Any, asset: Asset) -> bool:
    try:
        s3.head_object(Bucket=asset.bucket, Key=asset.key)
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "404":
            raise
        return False
    return True


def _zipped(source: Path, target: Path) -> Path:
    """The folder as a zip file that is the same bytes for the same files."""
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_suffix(f".{os.getpid()}")
    with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(path for path in source.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(source).as_posix(), LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (path.stat().st_mode & 0o777) << 16
            archive.writestr(entry, path.read_bytes())
    return half.rename(target)
