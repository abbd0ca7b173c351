"""Processing jobs, through boto3 and its waiter."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.infra.local.sagemaker.conftest import BUCKET, IMAGE, Sage


def request(sage: Sage, name: str, **more: Any) -> dict[str, Any]:
    given = {
        "S3Uri": f"s3://{BUCKET}/words/",
        "LocalPath": "/opt/ml/processing/input",
        "S3DataType": "S3Prefix",
    }
    wanted = {"S3Uri": f"s3://{BUCKET}/shouted", "LocalPath": "/opt/ml/processing/output"}
    return {
        "ProcessingJobName": name,
        "RoleArn": sage.role,
        "AppSpecification": {"ImageUri": IMAGE, "ContainerArguments": ["process", "loudly"]},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
        },
        "ProcessingInputs": [{"InputName": "words", "S3Input": {**given, "S3InputMode": "File"}}],
        "ProcessingOutputConfig": {
            "Outputs": [{"OutputName": "shout", "S3Output": {**wanted, "S3UploadMode": "EndOfJob"}}]
        },
        **more,
    }


def test_objects_go_in_and_come_out_through_the_images_program(sage: Sage) -> None:
    sage.put("words/a.txt", "quiet ")
    sagemaker = sage.client("sagemaker")
    sagemaker.create_processing_job(**request(sage, "shout", NetworkConfig={"EnableNetworkIsolation": True}))
    sagemaker.get_waiter("processing_job_completed_or_stopped").wait(
        ProcessingJobName="shout", WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
    body = sage.client("s3").get_object(Bucket=BUCKET, Key="shouted/deep/shout.txt")["Body"].read()
    assert body == b"QUIET loudly"


def test_a_path_outside_the_processing_directory_is_refused(sage: Sage) -> None:
    wrong = request(sage, "escape")
    wrong["ProcessingInputs"][0]["S3Input"]["LocalPath"] = "/opt/ml/processing/../../etc"
    with pytest.raises(ClientError, match="must be under /opt/ml/processing"):
        sage.client("sagemaker").create_processing_job(**wrong)
