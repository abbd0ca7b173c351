"""Channels, outputs and model archives, against the cloud's S3."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.sagemaker.files import BadArchiveError, NoObjectsError, download, pack, unpack, upload

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from infra.local.cloud import LocalCloud

BUCKET = "sagemaker-files"


@pytest.fixture
def s3(cloud: LocalCloud) -> Iterator[Any]:
    client = cloud.client("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield client
    for found in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=found["Key"])
    client.delete_bucket(Bucket=BUCKET)


def test_a_prefix_comes_down_as_it_lies_and_goes_up_again(s3: Any, tmp_path: Path) -> None:
    for key in ("in/a.txt", "in/deep/b.txt", "in/deep/"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    assert download(s3, f"s3://{BUCKET}/in", tmp_path / "got") == 2
    assert (tmp_path / "got/deep/b.txt").read_text() == "in/deep/b.txt"
    upload(s3, tmp_path / "got", f"s3://{BUCKET}/out/")
    keys = [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET, Prefix="out/")["Contents"]]
    assert keys == ["out/a.txt", "out/deep/b.txt"]


def test_an_object_of_exactly_that_key_comes_down_by_its_name(s3: Any, tmp_path: Path) -> None:
    s3.put_object(Bucket=BUCKET, Key="in/one.txt", Body=b"1")
    download(s3, f"s3://{BUCKET}/in/one.txt", tmp_path)
    assert (tmp_path / "one.txt").read_bytes() == b"1"


def test_nothing_under_a_prefix_is_an_error(s3: Any, tmp_path: Path) -> None:
    with pytest.raises(NoObjectsError, match="No S3 objects found"):
        download(s3, f"s3://{BUCKET}/none/", tmp_path)


def test_a_packed_directory_unpacks_to_the_same_files(s3: Any, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "back").mkdir()
    assert not pack(s3, tmp_path / "model", f"s3://{BUCKET}/m.tar.gz")
    (tmp_path / "model/model.json").write_text("{}")
    assert pack(s3, tmp_path / "model", f"s3://{BUCKET}/m.tar.gz")
    unpack(s3, f"s3://{BUCKET}/m.tar.gz", tmp_path / "back")
    assert (tmp_path / "back/model.json").read_text() == "{}"


LINKS = (tarfile.SYMTYPE, tarfile.LNKTYPE)


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, kind) for name in ("../escaped", "/absolute") for kind in (*LINKS, tarfile.REGTYPE)]
    + [("link", kind) for kind in LINKS],
)
def test_an_archive_never_writes_outside_its_directory(
    s3: Any, tmp_path: Path, name: str, kind: bytes
) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, "../../outside"
        archive.addfile(entry)
    s3.put_object(Bucket=BUCKET, Key="bad.tar.gz", Body=made.getvalue())
    (tmp_path / "model").mkdir()
    with pytest.raises(BadArchiveError, match="cannot be unpacked"):
        unpack(s3, f"s3://{BUCKET}/bad.tar.gz", tmp_path / "model")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_junk_is_no_archive(s3: Any, tmp_path: Path) -> None:
    s3.put_object(Bucket=BUCKET, Key="junk.tar.gz", Body=b"junk")
    with pytest.raises(BadArchiveError, match=r"junk\.tar\.gz cannot be unpacked"):
        unpack(s3, f"s3://{BUCKET}/junk.tar.gz", tmp_path)
