"""AWS's images in script mode: their toolkit runs the user's script, the endpoint his functions."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.clouds import eventually
from tests.infra.local.sagemaker.conftest import BUCKET, Sage

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.sagemaker_sdk
PROGRAMS = Path(__file__).parent / "programs"
REGISTRY = "763104351884.dkr.ecr.eu-west-1.amazonaws.com"


def submitted(sage: Sage, folder: str) -> str:
    """A script's folder as the SDKs send it."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for file in sorted((PROGRAMS / folder).iterdir()):
            archive.add(file, file.name)
    key = f"code/{folder}/sourcedir.tar.gz"
    sage.client("s3").put_object(Bucket=BUCKET, Key=key, Body=made.getvalue())
    return f"s3://{BUCKET}/{key}"


def train(sage: Sage, name: str, image: str, folder: str, **told: str) -> dict[str, Any]:
    """A training job in script mode, its hyperparameters quoted as JSON, to its end."""
    sagemaker = sage.client("sagemaker")
    mode = {"sagemaker_program": "train.py", "sagemaker_submit_directory": submitted(sage, folder), **told}
    request = sage.training(name, {key: json.dumps(value) for key, value in mode.items()})
    request["AlgorithmSpecification"]["TrainingImage"] = image
    request["StoppingCondition"] = {"MaxRuntimeInSeconds": 120}
    sagemaker.create_training_job(**request)

    def ended() -> dict[str, Any] | None:
        job: dict[str, Any] = sagemaker.describe_training_job(TrainingJobName=name)
        return job if job["TrainingJobStatus"] in ("Completed", "Failed", "Stopped") else None

    said: dict[str, Any] = eventually(ended, 150)
    return said


def log_of(sage: Sage, name: str) -> str:
    logs, group = sage.client("logs"), "/aws/sagemaker/TrainingJobs"
    (stream,) = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/")["logStreams"]
    events = logs.get_log_events(
        logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
    )
    return "\n".join(event["message"] for event in events["events"])


def deploy(sage: Sage, name: str, image: str, archive: str, folder: str) -> None:
    """An endpoint of the model that `train` left, with the folder's inference.py."""
    sagemaker = sage.client("sagemaker")
    told = {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": submitted(sage, folder),
    }
    container = {"Image": image, "ModelDataUrl": archive, "Environment": told}
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=sage.role, PrimaryContainer=container)
    variant = {
        "VariantName": "all",
        "ModelName": name,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    found = sage.endpoint_settled(name)
    assert found["EndpointStatus"] == "InService", found.get("FailureReason")


def ask(sage: Sage, name: str, body: str, kind: str = "text/csv") -> Any:
    said = sage.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=name, Body=body.encode(), ContentType=kind, Accept="application/json"
    )
    answer = json.loads(said["Body"].read())
    sage.client("sagemaker").delete_endpoint(EndpointName=name)
    return answer


def test_xgboost_trains_and_serves(sdk_cloud: Sage, image: Callable[[str], None]) -> None:
    image("xgboost")
    uri = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.0-5"
    job = train(sdk_cloud, "xgb", uri, "xgboost")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert f"{uri} runs here in the environment xgboost-" in log_of(sdk_cloud, "xgb")
    deploy(sdk_cloud, "xgb", uri, job["ModelArtifacts"]["S3ModelArtifacts"], "xgboost")
    large, small = ask(sdk_cloud, "xgb", "90,91\n2,3")
    assert large > 0.9 > 0.1 > small


def test_pytorch_trains_and_serves(sdk_cloud: Sage, image: Callable[[str], None]) -> None:
    image("pytorch")
    job = train(sdk_cloud, "torch", f"{REGISTRY}/pytorch-training:2.8-cpu-py312", "pytorch")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    archive = job["ModelArtifacts"]["S3ModelArtifacts"]
    deploy(sdk_cloud, "torch", f"{REGISTRY}/pytorch-inference:2.6.0-cpu-py312", archive, "pytorch")
    ((doubled,),) = ask(sdk_cloud, "torch", "[[3.0]]", "application/json")
    assert doubled == pytest.approx(6.0, abs=0.1)


def test_tensorflow_trains_and_its_serving_is_refused_by_name(
    sdk_cloud: Sage, image: Callable[[str], None]
) -> None:
    image("tensorflow")
    job = train(sdk_cloud, "flow", f"{REGISTRY}/tensorflow-training:2.20-cpu-py312", "tensorflow")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    container = {"Image": f"{REGISTRY}/tensorflow-inference:2.20-cpu"}
    sagemaker = sdk_cloud.client("sagemaker")
    with pytest.raises(sagemaker.exceptions.ClientError, match="tensorflow-inference does is not impl"):
        sagemaker.create_model(ModelName="flow", ExecutionRoleArn=sdk_cloud.role, PrimaryContainer=container)


def test_a_script_that_fails_is_told_by_the_toolkit(sdk_cloud: Sage, image: Callable[[str], None]) -> None:
    image("scikit-learn")
    uri = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"
    job = train(sdk_cloud, "broken", uri, "source", strength="none")
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: ExecuteUserScriptError")
    assert "train.py --strength none" in job["FailureReason"]
