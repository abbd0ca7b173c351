"""Training jobs: channels in, a model archive and metrics out."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from infra.local.sagemaker.faults import invalid, not_implemented
from infra.local.sagemaker.files import download, pack
from infra.local.sagemaker.jobs import TIME_UP, Ended, Jobs, judge, write_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from infra.local.sagemaker.store import Record

GROUP = "homogeneousCluster"
STARTING = "Launching requested ML instances"


class TrainingJobs(Jobs):
    """CreateTrainingJob and its companions."""

    noun = "training-job"
    word = "TrainingJob"
    log_group = "/aws/sagemaker/TrainingJobs"
    event = "SageMaker Training Job State Change"

    def start(self, request: Record) -> Record:
        """CreateTrainingJob."""
        algorithm = request.get("AlgorithmSpecification", {})
        if "TrainingImage" not in algorithm:
            raise invalid("AlgorithmSpecification: the local SageMaker needs a TrainingImage")
        self.parts.config.images.program(algorithm["TrainingImage"])
        for channel in request.get("InputDataConfig", []):
            _check_channel(channel)
        if request.get("ResourceConfig", {}).get("InstanceCount", 1) != 1:
            raise not_implemented("Training on more than one instance")
        first = {"Status": "Starting", "StartTime": time.time(), "StatusMessage": STARTING}
        return self.create(
            request,
            {
                "SecondaryStatus": "Starting",
                "SecondaryStatusTransitions": [first],
                "ModelArtifacts": {"S3ModelArtifacts": ""},
            },
        )

    def run(self, job: Record, base: Path, s3: Any, environment: Mapping[str, str]) -> None:
        """Download, train, upload."""
        ml = base / "ml"
        for folder in ("input/config", "input/data", "model", "output/data", "code", "checkpoints"):
            (ml / folder).mkdir(parents=True)
        self._step(job, "Downloading", "Downloading input data")
        for channel in job.get("InputDataConfig", []):
            uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
            download(s3, uri, ml / "input" / "data" / channel["ChannelName"])
        _configure(ml / "input" / "config", job)
        self._step(job, "Training", "Training image download completed. Training in progress.")
        self.parts.store.change(job, TrainingStartTime=time.time())
        try:
            ended = self._train(job, base, environment)
        finally:
            self.parts.store.change(job, TrainingEndTime=time.time())
        self._step(job, "Uploading", "Uploading generated training model")
        self._collect(job, base, s3)
        judge(ml, ended)

    def ended(self, job: Record, status: str) -> None:
        """Close the list of secondary statuses."""
        words = {
            "Completed": "Training job completed",
            "Failed": "Training job failed",
            "Stopped": "Training job stopped",
            TIME_UP: "Training job ran longer than MaxRuntimeInSeconds",
        }
        self._step(job, status, words[status])

    def _train(self, job: Record, base: Path, environment: Mapping[str, str]) -> Ended:
        isolated = job.get("EnableNetworkIsolation", False)
        algorithm = job["AlgorithmSpecification"]
        program = list(self.parts.config.images.program(algorithm["TrainingImage"]))
        command = algorithm.get("ContainerEntrypoint") or program
        named = {
            "TRAINING_JOB_NAME": job["TrainingJobName"],
            "TRAINING_JOB_ARN": job["TrainingJobArn"],
            "AWS_REGION": self.parts.config.region,
            "AWS_DEFAULT_REGION": self.parts.config.region,
        }
        return self.container(
            job,
            base,
            [
                *command,
                *algorithm.get("ContainerArguments", [] if "ContainerEntrypoint" in algorithm else ["train"]),
            ],
            # an isolated container gets no credentials on AWS either
            named if isolated else {**environment, **named},
            image=algorithm["TrainingImage"],
            network=not isolated,
        )

    def _collect(self, job: Record, base: Path, s3: Any) -> None:
        output = f"{job['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{job['TrainingJobName']}/output"
        if pack(s3, base / "ml" / "model", f"{output}/model.tar.gz"):
            self.parts.store.change(job, ModelArtifacts={"S3ModelArtifacts": f"{output}/model.tar.gz"})
        pack(s3, base / "ml" / "output" / "data", f"{output}/output.tar.gz")
        log = (base / "log.txt").read_text(errors="replace")
        definitions = job["AlgorithmSpecification"].get("MetricDefinitions", [])
        if found := [metric for definition in definitions if (metric := _last(definition, log))]:
            self.parts.store.change(job, FinalMetricDataList=found)

    def _step(self, job: Record, status: str, message: str) -> None:
        now = time.time()
        steps = job["SecondaryStatusTransitions"]
        with self.parts.store.lock:
            steps[-1].setdefault("EndTime", now)
            steps.append({"Status": status, "StartTime": now, "StatusMessage": message})
            self.parts.store.change(job, SecondaryStatus=status)


def _check_channel(channel: Record) -> None:
    source = channel.get("DataSource", {}).get("S3DataSource")
    if source is None or source.get("S3DataType", "S3Prefix") != "S3Prefix":
        raise not_implemented(f"Channel {channel['ChannelName']}: a data source other than S3Prefix")
    if channel.get("InputMode", "File") != "File" or channel.get("CompressionType", "None") != "None":
        raise not_implemented(
            f"Channel {channel['ChannelName']}: an input mode other than File, or decompression,"
        )
    if source.get("S3DataDistributionType", "FullyReplicated") != "FullyReplicated":
        raise not_implemented(f"Channel {channel['ChannelName']}: a distribution other than FullyReplicated")


def _configure(folder: Path, job: Record) -> None:
    """The files of https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html"""
    kind = job.get("ResourceConfig", {}).get("InstanceType", "ml.m5.large")
    group = {"instance_group_name": GROUP, "instance_type": kind, "hosts": ["algo-1"]}
    write_json(folder / "hyperparameters.json", job.get("HyperParameters", {}))
    write_json(
        folder / "inputdataconfig.json",
        {
            channel["ChannelName"]: {
                "TrainingInputMode": "File",
                "S3DistributionType": "FullyReplicated",
                "RecordWrapperType": channel.get("RecordWrapperType", "None"),
                **({"ContentType": channel["ContentType"]} if "ContentType" in channel else {}),
            }
            for channel in job.get("InputDataConfig", [])
        },
    )
    write_json(
        folder / "resourceconfig.json",
        {
            "current_host": "algo-1",
            "current_instance_type": kind,
            "current_group_name": GROUP,
            "hosts": ["algo-1"],
            "instance_groups": [group],
            "network_interface_name": "lo",
        },
    )


def _last(definition: Record, log: str) -> Record | None:
    """The last value that a metric's expression finds in the output."""
    found = re.findall(definition["Regex"], log)
    try:
        return {"MetricName": definition["Name"], "Value": float(found[-1]), "Timestamp": time.time()}
    except (IndexError, TypeError, ValueError):
        return None
