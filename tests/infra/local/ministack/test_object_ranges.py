from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from infra.local.cloud import LocalCloud

BODY = random.Random(3).randbytes(3 << 20) + b"the end"
NAME = "object-ranges"


@pytest.fixture(scope="module")
def versions(cloud: LocalCloud) -> tuple[Any, str, str]:
    """A client, and the older and the newer version of one object."""
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket=NAME, VersioningConfiguration={"Status": "Enabled"})
    older = s3.put_object(Bucket=NAME, Key="a", Body=BODY)["VersionId"]
    newer = s3.put_object(Bucket=NAME, Key="a", Body=b"0123456789")["VersionId"]
    return s3, older, newer


def test_a_body_larger_than_a_piece_arrives_whole(versions: tuple[Any, str, str]) -> None:
    s3, older, _ = versions
    assert s3.get_object(Bucket=NAME, Key="a", VersionId=older)["Body"].read() == BODY


def test_a_body_of_exactly_two_pieces_arrives_whole(versions: tuple[Any, str, str]) -> None:
    s3 = versions[0]
    s3.put_object(Bucket=NAME, Key="two", Body=BODY[: 2 << 20])
    assert s3.get_object(Bucket=NAME, Key="two")["Body"].read() == BODY[: 2 << 20]


def test_a_range_of_a_version_is_that_range_alone(versions: tuple[Any, str, str]) -> None:
    s3, older, newer = versions
    answer = s3.get_object(Bucket=NAME, Key="a", VersionId=older, Range="bytes=3145728-9999999")
    assert (answer["Body"].read(), answer["ResponseMetadata"]["HTTPStatusCode"]) == (b"the end", 206)
    assert answer["ContentRange"] == f"bytes 3145728-{len(BODY) - 1}/{len(BODY)}"
    answer = s3.get_object(Bucket=NAME, Key="a", VersionId=newer, Range="bytes=2-4")
    assert (answer["Body"].read(), answer["VersionId"]) == (b"234", newer)


def test_a_range_behind_the_end_of_a_version_is_refused(versions: tuple[Any, str, str]) -> None:
    s3, _, newer = versions
    with pytest.raises(ClientError) as refused:
        s3.get_object(Bucket=NAME, Key="a", VersionId=newer, Range="bytes=10-11")
    assert refused.value.response["Error"]["Code"] == "InvalidRange"
