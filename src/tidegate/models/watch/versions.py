"""The version that answered: its training, how it was judged, and what it saw."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tidegate.errors import NotFound
from tidegate.lake import layout
from tidegate.models.run import resource_name
from tidegate.models.watch.reference import FILE, read_reference

if TYPE_CHECKING:
    from tidegate.models.declare import Model
    from tidegate.models.watch.judge import Rows


@dataclass(frozen=True)
class Version:
    """One version of a model, as its training left it."""

    run: str
    auc: float  # on the rows that training held out
    before: Rows


def version(s3: Any, sagemaker: Any, environment: str, model: Model, number: int) -> Version:
    """What is known of a version.

    Raises:
        NotFound: the registry has no such version, or its training left nothing to compare with.
    """
    report = _report(sagemaker, resource_name(environment, model.name), number)
    bucket, key = layout.split_uri(report)
    told = json.loads(_read(s3, bucket, key, model.name))
    seen = _read(s3, bucket, f"{key.rpartition('/')[0]}/{FILE}", model.name)
    return Version(
        run=told["run"], auc=told["challenger"]["auc"], before=read_reference(seen, model.watch.zone)
    )


def _report(sagemaker: Any, group: str, number: int) -> str:
    """Where the evaluation of a version lies."""
    pages = sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
    for page in pages:
        for package in page["ModelPackageSummaryList"]:
            if int(package["ModelPackageVersion"]) == number:
                return _evaluation(sagemaker, package["ModelPackageArn"])
    raise NotFound(f"the registry group {group}", f"it has no version {number}", "Train the model again")


def _evaluation(sagemaker: Any, package: str) -> str:
    told = sagemaker.describe_model_package(ModelPackageName=package)
    if "ModelMetrics" not in told:
        raise NotFound(package, "it was registered without an evaluation", "Register versions by training")
    return str(told["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"])


def _read(s3: Any, bucket: str, key: str, model: str) -> bytes:
    try:
        content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("NoSuchKey", "404"):
            raise
        raise NotFound(
            layout.uri(bucket, key), "the version's training left no such file", f"tidegate train {model}"
        ) from error
    return content
