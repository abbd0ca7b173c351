"""The local cloud that captures are written to, on the core of the load."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import boto3

from infra.local import cloud as local
from tests.benchmarks.serving.programs import BUCKET
from tests.clouds import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@contextmanager
def running(state: Path, core: int) -> Iterator[dict[str, str]]:
    """A cloud with an empty bucket; what it gives is what a container's environment needs of it."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})  # which the cloud inherits
    started = local.start(state, free_port(), wait_seconds=90)
    os.sched_setaffinity(0, cores)
    try:
        started.client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        yield started.environment()
    finally:
        local.stop(state)


def captured(told: Mapping[str, str]) -> int:
    """How many rows lie in the bucket."""
    s3 = boto3.client(
        "s3",
        endpoint_url=told["AWS_ENDPOINT_URL"],
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="captures/")
    keys = [one["Key"] for page in pages for one in page.get("Contents", [])]
    return sum(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().count(b"\n") for key in keys)
