"""What SageMaker promises a training container and its owner: all of it, or refused by name."""

from __future__ import annotations

import io
import json
import tarfile
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.local.sagemaker.allowance import INTERRUPTED, Allowance
from infra.local.sagemaker.endings import RUNTIME_UP, WAIT_UP
from infra.local.sagemaker.refusals import TRAINING
from tests.clouds import eventually
from tests.infra.local.sagemaker.conftest import BUCKET, IMAGE, Sage

OVER = ("Completed", "Failed", "Stopped")


def start(sage: Sage, name: str, told: dict[str, str] | None = None, **more: Any) -> None:
    sage.client("sagemaker").create_training_job(**sage.training(name, told, **more))


def describe(sage: Sage, name: str) -> dict[str, Any]:
    said: dict[str, Any] = sage.client("sagemaker").describe_training_job(TrainingJobName=name)
    return said


def ended(sage: Sage, name: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        said = describe(sage, name)
        return said if said["TrainingJobStatus"] in OVER else None

    said: dict[str, Any] = eventually(look)
    return said


def run(sage: Sage, name: str, told: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    start(sage, name, told, **more)
    return ended(sage, name)


def in_training(sage: Sage, name: str) -> None:
    eventually(lambda: describe(sage, name)["SecondaryStatus"] == "Training")
    eventually(lambda: "shouting" in log_of(sage, name))


def log_of(sage: Sage, name: str) -> str:
    logs, group = sage.client("logs"), "/aws/sagemaker/TrainingJobs"
    streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/")["logStreams"]
    found = [
        logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
        for stream in streams
    ]
    return "\n".join(event["message"] for events in found for event in events)


def keys(sage: Sage, prefix: str) -> list[str]:
    found = sage.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix)
    return [entry["Key"] for entry in found.get("Contents", [])]


def answer(sage: Sage, job: dict[str, Any]) -> str:
    key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix(f"s3://{BUCKET}/")
    body = sage.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        file = archive.extractfile("answer.txt")
        assert file
        return file.read().decode()


def steps(job: dict[str, Any]) -> list[str]:
    return [step["Status"] for step in job["SecondaryStatusTransitions"]]


def test_an_interrupted_spot_job_goes_on_from_its_checkpoint(sage: Sage) -> None:
    job = run(
        sage,
        "spot",
        {"checkpoint": "yes"},
        EnableManagedSpotTraining=True,
        StoppingCondition={"MaxRuntimeInSeconds": 50, "MaxWaitTimeInSeconds": 100},
        CheckpointConfig={"S3Uri": f"s3://{BUCKET}/checkpoints/spot"},
        Tags=[{"Key": "tidegate:interrupt-after", "Value": "4"}],
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    once = ["Starting", "Downloading", "Training"]
    assert steps(job) == [*once, "Interrupted", *once, "Uploading", "Completed"]
    assert keys(sage, "checkpoints/spot") == ["checkpoints/spot/deep/step.txt"]
    assert "resumed at 7" in log_of(sage, "spot")
    assert 4 <= job["TrainingTimeInSeconds"] == job["BillableTimeInSeconds"]


def test_checkpoints_go_to_s3_while_a_job_runs(sage: Sage) -> None:
    start(
        sage,
        "keeps",
        {"checkpoint": "yes"},
        CheckpointConfig={
            "S3Uri": f"s3://{BUCKET}/checkpoints/keeps/",
            "LocalPath": "/opt/ml/checkpoints/deep",
        },
    )
    eventually(lambda: keys(sage, "checkpoints/keeps") == ["checkpoints/keeps/step.txt"])
    assert describe(sage, "keeps")["TrainingJobStatus"] == "InProgress"
    sage.client("sagemaker").stop_training_job(TrainingJobName="keeps")
    assert ended(sage, "keeps")["TrainingJobStatus"] == "Stopped"


def test_a_stopped_container_may_leave_its_model(sage: Sage) -> None:
    heard = sage.listen("stopping", "SageMaker Training Job State Change", "TrainingJobName", "polite")
    start(sage, "polite", {"polite": "yes", "shout": "shouting", "sleep": "60"})
    in_training(sage, "polite")
    sage.client("sagemaker").stop_training_job(TrainingJobName="polite")
    job = ended(sage, "polite")
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Stopped"
    assert steps(job) == ["Starting", "Downloading", "Training", "Stopping", "Stopped"]
    assert answer(sage, job) == "left politely"
    assert [heard()["detail"]["TrainingJobStatus"] for _ in range(3)] == ["InProgress", "Stopping", "Stopped"]


def test_a_container_that_does_not_end_is_killed_when_its_grace_is_over(sage: Sage) -> None:
    start(sage, "deaf", {"deaf": "yes", "shout": "shouting", "sleep": "60"})
    in_training(sage, "deaf")
    began = time.monotonic()
    sage.client("sagemaker").stop_training_job(TrainingJobName="deaf")
    assert ended(sage, "deaf")["TrainingJobStatus"] == "Stopped"
    assert time.monotonic() - began >= 1.2  # 120 s at this cloud's time scale of 0.01


def test_a_spot_job_that_waits_too_long_is_stopped_as_such(sage: Sage) -> None:
    job = run(
        sage,
        "waits",
        {"sleep": "60"},
        EnableManagedSpotTraining=True,
        StoppingCondition={"MaxRuntimeInSeconds": 5, "MaxWaitTimeInSeconds": 5},
        Tags=[{"Key": "tidegate:interrupt-after", "Value": "1 1"}],
    )
    assert job["TrainingJobStatus"] == "Stopped"
    assert job["SecondaryStatus"] == WAIT_UP
    assert steps(job).count("Interrupted") == 2
    assert steps(job)[-3:] == ["Training", "Stopping", WAIT_UP]


def test_the_time_of_all_runs_counts() -> None:
    now = 0.0
    left = Allowance({"MaxRuntimeInSeconds": 10, "MaxWaitTimeInSeconds": 30}, [4, 99], lambda: now)
    assert left.next() == (4, INTERRUPTED)
    left.spend(4)
    assert left.next() == (6, RUNTIME_UP)
    now = 29
    assert left.next() == (1, WAIT_UP)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"EnableManagedSpotTraining": True}, "MaxWaitTimeInSeconds must be specified"),
        ({"StoppingCondition": {"MaxWaitTimeInSeconds": 9}}, "for jobs with EnableManagedSpotTraining alone"),
        (
            {
                "EnableManagedSpotTraining": True,
                "StoppingCondition": {"MaxRuntimeInSeconds": 9, "MaxWaitTimeInSeconds": 8},
            },
            "greater than or equal",
        ),
        ({"Tags": [{"Key": "tidegate:interrupt-after", "Value": "1"}]}, "EnableManagedSpotTraining alone"),
    ],
)
def test_limits_that_do_not_fit_together_are_refused(sage: Sage, more: dict[str, Any], said: str) -> None:
    with pytest.raises(ClientError, match=said):
        start(sage, "limits", **more)


def test_metrics_reach_cloudwatch_under_the_jobs_name(sage: Sage) -> None:
    request = sage.training("measured", {"shout": "loss=0.5 loss=0.25 loss=nan other=3"})
    request["AlgorithmSpecification"]["MetricDefinitions"] = [
        {"Name": "validation:loss", "Regex": "loss=([0-9.naif]+)"},
        {"Name": "never", "Regex": "never=(.*)"},
    ]
    sage.client("sagemaker").create_training_job(**request)
    job = ended(sage, "measured")
    assert [(one["MetricName"], one["Value"]) for one in job["FinalMetricDataList"]] == [
        ("validation:loss", 0.25)
    ]
    found = sage.client("cloudwatch").get_metric_statistics(
        Namespace="/aws/sagemaker/TrainingJobs",
        MetricName="validation:loss",
        Dimensions=[{"Name": "TrainingJobName", "Value": "measured"}],
        StartTime=time.time() - 600,
        EndTime=time.time() + 600,
        Period=3600,
        Statistics=["SampleCount", "Minimum"],
    )["Datapoints"]
    assert sum(point["SampleCount"] for point in found) == 2
    assert min(point["Minimum"] for point in found) == 0.25


@pytest.mark.parametrize(("regex", "said"), [("auc=(", "is no expression"), ("auc=[0-9]", "has no group")])
def test_a_metric_that_could_never_be_read_is_refused(sage: Sage, regex: str, said: str) -> None:
    request = sage.training("unread")
    request["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "auc", "Regex": regex}]
    with pytest.raises(ClientError, match=said):
        sage.client("sagemaker").create_training_job(**request)


def channel(uri: str, kind: str = "S3Prefix", **more: Any) -> dict[str, Any]:
    return {
        "ChannelName": "train",
        "DataSource": {"S3DataSource": {"S3DataType": kind, "S3Uri": uri}},
        **more,
    }


def test_a_manifest_names_the_objects_of_a_channel(sage: Sage) -> None:
    sage.put("listed/a.csv", "1")
    sage.put("listed/deep/b.csv", "2")
    sage.put("listed/left-out.csv", "3")
    given = json.dumps([{"prefix": f"s3://{BUCKET}/listed/"}, "a.csv", "deep/b.csv"])
    manifest = sage.put("manifests/train.json", given)
    job = run(
        sage,
        "listed",
        InputDataConfig=[channel(manifest, "ManifestFile", InputMode="FastFile")],
        OutputDataConfig={
            "S3OutputPath": f"s3://{BUCKET}/plain",
            "CompressionType": "NONE",
            "KmsKeyId": "alias/mine",
        },
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{BUCKET}/plain/listed/output/model/"
    found = sage.client("s3").get_object(Bucket=BUCKET, Key="plain/listed/output/model/seen.json")
    assert json.load(found["Body"])["channels"] == {"train": ["a.csv", "deep/b.csv"]}
    assert (found["ServerSideEncryption"], found["SSEKMSKeyId"]) == ("aws:kms", "alias/mine")


def test_a_manifest_that_would_leave_its_directory_fails_the_job(sage: Sage) -> None:
    manifest = sage.put("manifests/bad.json", json.dumps([{"prefix": f"s3://{BUCKET}/"}, "../../escape"]))
    job = run(sage, "escapes", InputDataConfig=[channel(manifest, "ManifestFile")])
    assert "would leave its directory" in job["FailureReason"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (channel("s3://art/x", InputMode="Pipe"), "input mode Pipe"),
        (channel("s3://art/x", "AugmentedManifestFile"), "S3DataType AugmentedManifestFile"),
        (channel("s3://art/x", CompressionType="Gzip"), "decompression"),
    ],
)
def test_a_channel_that_is_not_done_is_refused_by_name(sage: Sage, given: dict[str, Any], said: str) -> None:
    with pytest.raises(ClientError, match=said) as refused:
        start(sage, "channels", InputDataConfig=[given])
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


ASKED: dict[str, Any] = {
    "AlgorithmSpecification.AlgorithmName": "marketplace",
    "AlgorithmSpecification.TrainingImageConfig": {"TrainingRepositoryAccessMode": "Vpc"},
    "ResourceConfig.InstanceGroups": [
        {"InstanceGroupName": "a", "InstanceType": "ml.m5.large", "InstanceCount": 1}
    ],
    "ResourceConfig.KeepAlivePeriodInSeconds": 60,
    "ResourceConfig.TrainingPlanArn": f"arn:aws:sagemaker:eu-west-1:123456789012:training-plan/{'p' * 9}",
    "ResourceConfig.InstancePreferences": [{"InstanceType": "ml.m5.large"}],
    "DebugHookConfig": {"S3OutputPath": "s3://art/debug"},
    "DebugRuleConfigurations": [{"RuleConfigurationName": "r", "RuleEvaluatorImage": "i"}],
    "ProfilerRuleConfigurations": [{"RuleConfigurationName": "r", "RuleEvaluatorImage": "i"}],
    "TensorBoardOutputConfig": {"S3OutputPath": "s3://art/board"},
    "RemoteDebugConfig.EnableRemoteDebug": True,
    "SessionChainingConfig.EnableSessionTagChaining": True,
    "ServerlessJobConfig": {"BaseModelArn": "b", "JobType": "FineTuning"},
    "ModelPackageConfig": {"ModelPackageGroupArn": "arn:aws:sagemaker:eu-west-1:1:model-package-group/g"},
    "MlflowConfig": {"MlflowResourceArn": "arn:aws:sagemaker:eu-west-1:123456789012:mlflow-app/a"},
}


@pytest.mark.parametrize("member", TRAINING)
def test_what_is_not_done_is_refused_by_name(member: str) -> None:
    from infra.local.sagemaker import refusals
    from infra.local.sagemaker.faults import ApiError

    request: dict[str, Any] = {}
    outer, _, inner = member.rpartition(".")
    (request.setdefault(outer, {}) if outer else request)[inner] = ASKED[member]
    with pytest.raises(ApiError, match=member) as refused:
        refusals.check(request, TRAINING)
    assert refused.value.status == 501


def test_xgboosts_built_in_algorithm_is_refused_and_a_script_is_not() -> None:
    from infra.local.sagemaker import refusals
    from infra.local.sagemaker.faults import ApiError

    image = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.0-5"
    request: dict[str, Any] = {"AlgorithmSpecification": {"TrainingImage": image}}
    with pytest.raises(ApiError, match="give the image a script"):
        refusals.check(request, TRAINING)
    refusals.check({**request, "HyperParameters": {"sagemaker_program": "train.py"}}, TRAINING)


def test_the_refusal_reaches_the_client(sage: Sage) -> None:
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
    with pytest.raises(ClientError, match="warm pools") as refused:
        start(sage, "warm", ResourceConfig={**resources, "KeepAlivePeriodInSeconds": 60})
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    with pytest.raises(ClientError, match="more than one instance"):
        start(sage, "many", ResourceConfig={**resources, "InstanceCount": 2})


def test_the_log_names_what_has_no_effect_here(sage: Sage) -> None:
    job = run(sage, "vpc", VpcConfig={"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]})
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert "[tidegate] without effect on the local SageMaker: VpcConfig" in log_of(sage, "vpc")


def test_an_event_has_the_jobs_tags_and_times_in_milliseconds(sage: Sage) -> None:
    heard = sage.listen("timed", "SageMaker Training Job State Change", "TrainingJobName", "timed")
    run(sage, "timed", {"depth": '"3"'}, Tags=[{"Key": "team", "Value": "sky"}])
    detail = heard()["detail"]
    assert detail["Tags"] == {"team": "sky"}
    assert detail["HyperParameters"] == {"depth": '"3"'}
    assert abs(detail["CreationTime"] - time.time() * 1000) < 600_000
    assert isinstance(detail["SecondaryStatusTransitions"][0]["StartTime"], int)


def test_a_job_that_has_ended_can_be_deleted(sage: Sage) -> None:
    sagemaker = sage.client("sagemaker")
    start(sage, "going", {"shout": "shouting", "sleep": "60"})
    with pytest.raises(ClientError, match="is in status InProgress"):
        sagemaker.delete_training_job(TrainingJobName="going")
    sagemaker.stop_training_job(TrainingJobName="going")
    ended(sage, "going")
    sagemaker.delete_training_job(TrainingJobName="going")
    with pytest.raises(ClientError, match="not found"):
        describe(sage, "going")


def test_an_entry_point_of_the_owners_takes_the_place_of_the_images(sage: Sage) -> None:
    request = sage.training("own-entry", None)
    request["AlgorithmSpecification"] |= {
        "TrainingImage": IMAGE,
        "ContainerEntrypoint": ["sh", "-c"],
        "ContainerArguments": ["echo mine > /opt/ml/model/answer.txt"],
    }
    sage.client("sagemaker").create_training_job(**request)
    assert answer(sage, ended(sage, "own-entry")) == "mine\n"
