"""Training jobs, through boto3 and its waiters."""

from __future__ import annotations

import io
import json
import tarfile
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from infra.local.sagemaker.isolation import isolation
from tests.clouds import eventually
from tests.infra.local.sagemaker.conftest import BUCKET, Sage

if TYPE_CHECKING:
    from pathlib import Path


def run(sage: Sage, request: dict[str, Any]) -> dict[str, Any]:
    sagemaker = sage.client("sagemaker")
    sagemaker.create_training_job(**request)
    name = request["TrainingJobName"]
    waiter = sagemaker.get_waiter("training_job_completed_or_stopped")
    with suppress(WaiterError):  # it raises for a failed job
        waiter.wait(TrainingJobName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    described: dict[str, Any] = sagemaker.describe_training_job(TrainingJobName=name)
    return described


def seen(sage: Sage, job: dict[str, Any]) -> dict[str, Any]:
    key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix(f"s3://{BUCKET}/")
    body = sage.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        file = archive.extractfile("seen.json")
        assert file
        said: dict[str, Any] = json.load(file)
        return said


def test_a_job_reads_its_channels_and_leaves_its_model_metrics_and_log(sage: Sage) -> None:
    sage.put("data/train/a.csv", "1")
    sage.put("data/train/deep/b.csv", "2")
    source = {
        "S3DataType": "S3Prefix",
        "S3Uri": f"s3://{BUCKET}/data/train",
        "S3DataDistributionType": "FullyReplicated",
    }
    request = sage.training("whole", {"depth": "3"})
    request["InputDataConfig"] = [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}]
    request["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "auc", "Regex": "auc=([0-9.]+);"}]
    job = run(sage, request)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{BUCKET}/out/whole/output/model.tar.gz"
    assert [metric["Value"] for metric in job["FinalMetricDataList"]] == [0.75]
    steps = [step["Status"] for step in job["SecondaryStatusTransitions"]]
    assert steps == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    container = seen(sage, job)
    assert container["told"] == {"depth": "3"}
    assert container["channels"] == {"train": ["a.csv", "deep/b.csv"]}
    assert container["network"]
    assert container["key"].startswith("ASIA")
    logs, group = sage.client("logs"), "/aws/sagemaker/TrainingJobs"
    streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="whole/algo-1-")["logStreams"]
    events = logs.get_log_events(logGroupName=group, logStreamName=streams[0]["logStreamName"])["events"]
    assert [event["message"] for event in events] == ["auc=0.5;", "auc=0.75;"]


@pytest.mark.skipif("user namespaces" not in isolation(), reason=isolation())
def test_an_isolated_job_has_no_network_no_credentials_and_its_own_host_name(sage: Sage) -> None:
    job = run(sage, sage.training("alone", EnableNetworkIsolation=True))
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    container = seen(sage, job)
    assert not container["network"]
    assert container["key"] == ""
    assert container["host"] == "algo-1"


def test_a_failure_file_becomes_the_failure_reason_and_is_told(sage: Sage) -> None:
    heard = sage.listen("failing", "SageMaker Training Job State Change", "TrainingJobName", "fails")
    job = run(sage, sage.training("fails", {"fail": "no column called delay"}))
    assert [heard()["detail"]["TrainingJobStatus"] for _ in range(2)] == ["InProgress", "Failed"]
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: no column called delay, exit code: 3"


@pytest.mark.system
def test_without_name_spaces_a_job_works_in_a_directory_and_its_log_says_what_is_not_kept_apart(
    tmp_path: Path,
) -> None:
    plain = Sage(tmp_path, TIDEGATE_LOCAL_NAMESPACES="off")
    plain.start()
    try:
        plain.prepare()
        job = run(plain, plain.training("plain", EnableNetworkIsolation=True))
        assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
        assert seen(plain, job)["key"] == ""
        logs = plain.client("logs").filter_log_events(logGroupName="/aws/sagemaker/TrainingJobs")["events"]
        assert "network isolation is NOT enforced" in logs[0]["message"]
    finally:
        plain.stop()


def test_a_taken_name_is_refused(sage: Sage) -> None:
    sagemaker = sage.client("sagemaker")
    sagemaker.create_training_job(**sage.training("twice"))
    with pytest.raises(ClientError) as refused:
        sagemaker.create_training_job(**sage.training("twice"))
    assert refused.value.response["Error"]["Code"] == "ResourceInUse"


def test_an_image_that_cannot_run_here_is_refused_by_name(sage: Sage) -> None:
    request = sage.training("foreign")
    request["AlgorithmSpecification"]["TrainingImage"] = "1.dkr.ecr.eu-west-1.amazonaws.com/xgboost:3"
    with pytest.raises(ClientError, match=r"Image 1\.dkr.*xgboost:3 cannot run"):
        sage.client("sagemaker").create_training_job(**request)


def test_a_role_that_does_not_trust_sagemaker_is_refused(sage: Sage) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    sage.client("iam").create_role(
        RoleName="stranger", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]})
    )
    request = sage.training("untrusted", RoleArn=sage.role.replace("model", "stranger"))
    with pytest.raises(ClientError, match="Could not assume role"):
        sage.client("sagemaker").create_training_job(**request)


def test_outputs_are_written_under_the_jobs_role(sage: Sage) -> None:
    sage.client("s3").create_bucket(
        Bucket="other", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    job = run(sage, sage.training("denied", OutputDataConfig={"S3OutputPath": "s3://other/out"}))
    assert job["TrainingJobStatus"] == "Failed"
    assert "AccessDenied" in job["FailureReason"]


def test_a_missing_channel_fails_the_job_by_its_address(sage: Sage) -> None:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/nothing/"}
    channel = {"ChannelName": "train", "DataSource": {"S3DataSource": source}}
    job = run(sage, sage.training("empty", InputDataConfig=[channel]))
    assert "No S3 objects found under S3 URL 's3://art/nothing/'" in job["FailureReason"]


def test_a_job_can_be_stopped_and_is_stopped_when_its_time_is_up(sage: Sage) -> None:
    sagemaker = sage.client("sagemaker")
    sagemaker.create_training_job(**sage.training("slow", {"sleep": "60"}))
    eventually(
        lambda: sagemaker.describe_training_job(TrainingJobName="slow")["SecondaryStatus"] == "Training"
    )
    sagemaker.stop_training_job(TrainingJobName="slow")
    late = run(sage, sage.training("late", {"sleep": "60"}, StoppingCondition={"MaxRuntimeInSeconds": 1}))
    assert late["TrainingJobStatus"] == "Stopped"
    assert late["SecondaryStatus"] == "MaxRuntimeExceeded"
    eventually(
        lambda: sagemaker.describe_training_job(TrainingJobName="slow")["TrainingJobStatus"] == "Stopped"
    )
    listed = sagemaker.list_training_jobs(StatusEquals="Stopped", SortBy="Name", SortOrder="Ascending")
    names = [job["TrainingJobName"] for job in listed["TrainingJobSummaries"]]
    assert [name for name in names if name in ("slow", "late")] == ["late", "slow"]
