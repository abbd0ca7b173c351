"""Training jobs: channels in, a model archive and metrics out."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Any

from infra.local.sagemaker import allowance, channels, configuration, readings, refusals
from infra.local.sagemaker.allowance import INTERRUPTED, Allowance
from infra.local.sagemaker.endings import RUNTIME_UP, WAIT_UP, Ended, judge
from infra.local.sagemaker.faults import invalid, not_implemented
from infra.local.sagemaker.files import pack, upload
from infra.local.sagemaker.jobs import Jobs
from infra.local.sagemaker.mirror import Mirror, meanwhile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from infra.local.sagemaker.store import Record

UNDER_WAY = ("Starting", "Downloading", "Training", "Interrupted", "Uploading")
STARTING = "Launching requested ML instances"
CHECKPOINTS = "/opt/ml/checkpoints"


class TrainingJobs(Jobs):
    """CreateTrainingJob and its companions."""

    noun = "training-job"
    word = "TrainingJob"
    log_group = "/aws/sagemaker/TrainingJobs"
    event = "SageMaker Training Job State Change"

    def __init__(self, parts: Any) -> None:
        super().__init__(parts)
        self.readings: dict[str, readings.Readings] = {}  # of the jobs that run

    def check(self, request: Record) -> None:
        """Refuse a job that AWS would refuse, or that is not done here.

        Raises:
            ApiError: it is one of these.
        """
        refusals.check(request, refusals.TRAINING)
        algorithm = request.get("AlgorithmSpecification", {})
        if "TrainingImage" not in algorithm:
            raise invalid("AlgorithmSpecification: the local SageMaker needs a TrainingImage")
        self.parts.config.images.program(algorithm["TrainingImage"])
        readings.check(algorithm.get("MetricDefinitions", []))
        allowance.check(request)
        for channel in request.get("InputDataConfig", []):
            channels.check(channel, algorithm["TrainingInputMode"])
        if request.get("ResourceConfig", {}).get("InstanceCount", 1) != 1:
            raise not_implemented("Training on more than one instance")
        _checkpoints(request)

    def start(self, request: Record, **more: str) -> Record:
        """CreateTrainingJob; `more` are members that only the service itself gives a job."""
        self.check(request)
        first = {"Status": "Starting", "StartTime": time.time(), "StatusMessage": STARTING}
        return self.create(
            request,
            {
                "SecondaryStatus": "Starting",
                "SecondaryStatusTransitions": [first],
                "ModelArtifacts": {"S3ModelArtifacts": ""},
                "_interruptions": allowance.interruptions(request),
                **more,
            },
        )

    def run(self, job: Record, base: Path, s3: Any, environment: Mapping[str, str]) -> None:
        """Download, train, upload; again from the start for as long as the instance is taken away."""
        self.parts.store.change(job, TrainingStartTime=time.time())
        left = Allowance(job.get("StoppingCondition", {}), job["_interruptions"])
        definitions = job["AlgorithmSpecification"].get("MetricDefinitions", [])
        self.readings[job["TrainingJobName"]] = heard = readings.Readings(job["TrainingJobName"], definitions)
        try:
            while True:
                ended, limit = self._once(job, base, s3, environment, left)
                if ended.code is not None or limit != INTERRUPTED:
                    break
                self._step(job, INTERRUPTED, "Training job interrupted: the spot instance was taken back")
                shutil.rmtree(base / "ml")
                self._step(job, "Starting", STARTING)
            if ended.code is None:
                self.stopping(job)
                self.parts.store.change(job, TrainingJobStatus="Stopping")
            if found := heard.final():
                self.parts.store.change(job, FinalMetricDataList=found)
            self._step(job, "Uploading", "Uploading generated training model")
            self._collect(job, base, s3)
        finally:
            del self.readings[job["TrainingJobName"]]
            self._count_time(job)
        judge(base / "ml", ended, limit)

    def stopping(self, job: Record) -> None:
        """A secondary status of its own."""
        self._step(job, "Stopping", "Stopping the training job")

    def heard(self, job: Record, line: str) -> None:
        """Take the metrics out of the output."""
        self.readings[job["TrainingJobName"]].read(line)

    def ended(self, job: Record, status: str) -> None:
        """Close the list of secondary statuses."""
        words = {
            "Completed": "Training job completed",
            "Failed": "Training job failed",
            "Stopped": "Training job stopped",
            RUNTIME_UP: "Training job runtime exceeded MaxRuntimeInSeconds provided",
            WAIT_UP: "Training job wait time exceeded MaxWaitTimeInSeconds provided",
        }
        self._step(job, status, words[status])

    def _once(
        self, job: Record, base: Path, s3: Any, environment: Mapping[str, str], left: Allowance
    ) -> tuple[Ended, str]:
        """One run of the container: how it ended, and by which limit if by one."""
        ml = base / "ml"
        for folder in ("input/config", "input/data", "model", "output/data", "code", "checkpoints"):
            (ml / folder).mkdir(parents=True)
        self._step(job, "Downloading", "Downloading input data")
        for channel in job.get("InputDataConfig", []):
            into = ml / "input" / "data" / channel["ChannelName"]
            channels.bring(s3, channel["DataSource"]["S3DataSource"], into)
        configuration.write(ml / "input" / "config", job)
        heard = self.readings[job["TrainingJobName"]]
        tasks = [lambda: heard.send(self.parts.cloud)]
        if kept := _checkpoints(job):
            mirror = Mirror(s3, ml / kept, job["CheckpointConfig"]["S3Uri"])
            mirror.restore()
            tasks.append(mirror.save)
        self._step(job, "Training", "Training image download completed. Training in progress.")
        seconds, limit = left.next()
        began = time.monotonic()
        with meanwhile(tasks):
            ended = self._train(job, base, environment, seconds, abrupt=limit == INTERRUPTED)
        left.spend(time.monotonic() - began)
        return ended, limit

    def _train(
        self, job: Record, base: Path, environment: Mapping[str, str], seconds: float, *, abrupt: bool
    ) -> Ended:
        isolated = job.get("EnableNetworkIsolation", False)
        algorithm = job["AlgorithmSpecification"]
        command = algorithm.get("ContainerEntrypoint") or self.parts.config.images.program(
            algorithm["TrainingImage"]
        )
        arguments = algorithm.get(
            "ContainerArguments", [] if "ContainerEntrypoint" in algorithm else ["train"]
        )
        named = {
            "TRAINING_JOB_NAME": job["TrainingJobName"],
            "TRAINING_JOB_ARN": job["TrainingJobArn"],
            "AWS_REGION": self.parts.config.region,
            "AWS_DEFAULT_REGION": self.parts.config.region,
        }
        return self.container(
            job,
            base,
            [*command, *arguments],
            # an isolated container gets no credentials on AWS either
            named if isolated else {**environment, **named},
            image=algorithm["TrainingImage"],
            network=not isolated,
            seconds=seconds,
            abrupt=abrupt,
        )

    def _count_time(self, job: Record) -> None:
        """What is paid for is the time of training; nothing here knows what a spot instance saves."""
        now = time.time()
        whole = max(round(now - job["TrainingStartTime"]), 1)
        self.parts.store.change(
            job, TrainingEndTime=now, TrainingTimeInSeconds=whole, BillableTimeInSeconds=whole
        )

    def _collect(self, job: Record, base: Path, s3: Any) -> None:
        wanted = job["OutputDataConfig"]
        output = f"{wanted['S3OutputPath'].rstrip('/')}/{job['TrainingJobName']}/output"
        key = wanted.get("KmsKeyId", "")
        model, data = base / "ml" / "model", base / "ml" / "output" / "data"
        if wanted.get("CompressionType") == "NONE":
            upload(s3, model, f"{output}/model/", key)
            upload(s3, data, f"{output}/data/", key)
            self.parts.store.change(job, ModelArtifacts={"S3ModelArtifacts": f"{output}/model/"})
            return
        if pack(s3, model, f"{output}/model.tar.gz", key):
            self.parts.store.change(job, ModelArtifacts={"S3ModelArtifacts": f"{output}/model.tar.gz"})
        pack(s3, data, f"{output}/output.tar.gz", key)

    def _step(self, job: Record, status: str, message: str) -> None:
        now = time.time()
        steps = job["SecondaryStatusTransitions"]
        with self.parts.store.lock:
            if job["TrainingJobStatus"] == "Stopping" and status in UNDER_WAY:
                return
            steps[-1].setdefault("EndTime", now)
            steps.append({"Status": status, "StartTime": now, "StatusMessage": message})
            self.parts.store.change(job, SecondaryStatus=status)


def _checkpoints(request: Record) -> str:
    """The directory below /opt/ml that is kept in S3, if one is.

    Raises:
        ApiError: it lies elsewhere, which a process cannot have for itself.
    """
    config = request.get("CheckpointConfig")
    if config is None:
        return ""
    path = config.get("LocalPath", CHECKPOINTS).rstrip("/")
    if not path.startswith("/opt/ml/") or ".." in path.split("/"):
        raise not_implemented(f"CheckpointConfig.LocalPath {path}: a directory that is not below /opt/ml")
    return str(path.removeprefix("/opt/ml/"))
