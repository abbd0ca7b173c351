"""Processing jobs, through boto3 and its waiter."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.clouds import eventually
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


def finished(sage: Sage, name: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        said: dict[str, Any] = sage.client("sagemaker").describe_processing_job(ProcessingJobName=name)
        return said if said["ProcessingJobStatus"] in ("Completed", "Failed", "Stopped") else None

    said: dict[str, Any] = eventually(look)
    return said


def test_an_output_goes_to_s3_while_the_job_still_runs(sage: Sage) -> None:
    sage.put("words/a.txt", "quiet ")
    asked = request(sage, "ongoing")
    asked["AppSpecification"] |= {
        "ContainerEntrypoint": ["sh", "-c"],
        "ContainerArguments": ["echo early > /opt/ml/processing/output/early.txt; sleep 60"],
    }
    wanted = asked["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]
    wanted |= {"S3UploadMode": "Continuous", "S3Uri": f"s3://{BUCKET}/ongoing"}
    sagemaker = sage.client("sagemaker")
    sagemaker.create_processing_job(**asked)
    s3 = sage.client("s3")
    found = eventually(lambda: s3.list_objects_v2(Bucket=BUCKET, Prefix="ongoing/").get("Contents"))
    assert [entry["Key"] for entry in found] == ["ongoing/early.txt"]
    said = sagemaker.describe_processing_job(ProcessingJobName="ongoing")
    assert said["ProcessingJobStatus"] == "InProgress"
    sagemaker.stop_processing_job(ProcessingJobName="ongoing")
    assert finished(sage, "ongoing")["ProcessingJobStatus"] == "Stopped"
    sagemaker.delete_processing_job(ProcessingJobName="ongoing")
    names = [job["ProcessingJobName"] for job in sagemaker.list_processing_jobs()["ProcessingJobSummaries"]]
    assert "ongoing" not in names


def test_a_manifest_names_the_objects_of_an_input(sage: Sage) -> None:
    sage.put("chosen/a.txt", "this ")
    sage.put("chosen/b.txt", "not that ")
    manifest = sage.put("manifests/words.json", json.dumps([{"prefix": f"s3://{BUCKET}/chosen/"}, "a.txt"]))
    asked = request(sage, "chosen")
    asked["ProcessingInputs"][0]["S3Input"] |= {"S3DataType": "ManifestFile", "S3Uri": manifest}
    asked["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"] = f"s3://{BUCKET}/chose"
    sage.client("sagemaker").create_processing_job(**asked)
    job = finished(sage, "chosen")
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    body = sage.client("s3").get_object(Bucket=BUCKET, Key="chose/deep/shout.txt")["Body"].read()
    assert body == b"THIS loudly"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"S3InputMode": "Pipe"}, "Pipe mode"),
        ({"S3CompressionType": "Gzip"}, "decompression"),
    ],
)
def test_an_input_that_is_not_done_is_refused_by_name(sage: Sage, more: dict[str, str], said: str) -> None:
    asked = request(sage, "piped")
    asked["ProcessingInputs"][0]["S3Input"] |= more
    with pytest.raises(ClientError, match=said) as refused:
        sage.client("sagemaker").create_processing_job(**asked)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_a_path_outside_the_processing_directory_is_refused(sage: Sage) -> None:
    wrong = request(sage, "escape")
    wrong["ProcessingInputs"][0]["S3Input"]["LocalPath"] = "/opt/ml/processing/../../etc"
    with pytest.raises(ClientError, match="must be under /opt/ml/processing"):
        sage.client("sagemaker").create_processing_job(**wrong)
