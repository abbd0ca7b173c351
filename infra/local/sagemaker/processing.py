"""Processing jobs: objects in, a program of the image, objects out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from infra.local.sagemaker import channels, refusals
from infra.local.sagemaker.endings import Ended, judge
from infra.local.sagemaker.faults import invalid, not_implemented
from infra.local.sagemaker.files import upload, write_json
from infra.local.sagemaker.jobs import Jobs
from infra.local.sagemaker.mirror import Mirror, meanwhile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from infra.local.sagemaker.store import Record

PROCESSING = "/opt/ml/processing"


class ProcessingJobs(Jobs):
    """CreateProcessingJob and its companions."""

    noun = "processing-job"
    word = "ProcessingJob"
    log_group = "/aws/sagemaker/ProcessingJobs"
    event = "SageMaker Processing Job State Change"

    def start(self, request: Record) -> Record:
        """CreateProcessingJob."""
        refusals.check(request, refusals.PROCESSING)
        self.parts.config.images.program(request["AppSpecification"]["ImageUri"])
        if request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] != 1:
            raise not_implemented("Processing on more than one instance")
        for given in request.get("ProcessingInputs", []):
            _check_input(given)
        for wanted in _outputs(request):
            if "S3Output" not in wanted or wanted.get("AppManaged"):
                raise not_implemented(f"Output {wanted['OutputName']}: a target other than S3")
            _local(wanted["S3Output"].get("LocalPath", ""))
        return self.create(request, {})

    def run(self, job: Record, base: Path, s3: Any, environment: Mapping[str, str]) -> None:
        """Download, process, upload."""
        ml = base / "ml"
        for given in job.get("ProcessingInputs", []):
            channels.bring(s3, given["S3Input"], ml / _local(given["S3Input"]["LocalPath"]))
        for wanted in _outputs(job):
            (ml / _local(wanted["S3Output"]["LocalPath"])).mkdir(parents=True, exist_ok=True)
        (ml / "output").mkdir(parents=True, exist_ok=True)
        resources = job["ProcessingResources"]["ClusterConfig"]
        write_json(ml / "config" / "processingjobconfig.json", job)
        write_json(
            ml / "config" / "resourceconfig.json",
            {
                "current_host": "algo-1",
                "hosts": ["algo-1"],
                "current_instance_type": resources["InstanceType"],
            },
        )
        self.parts.store.change(job, ProcessingStartTime=time.time())
        try:
            with meanwhile([_mirror(s3, ml, wanted).save for wanted in _continuous(job)]):
                ended = self._process(job, base, environment)
        finally:
            self.parts.store.change(job, ProcessingEndTime=time.time())
        key = job.get("ProcessingOutputConfig", {}).get("KmsKeyId", "")
        for wanted in _outputs(job):
            if wanted not in _continuous(job):
                upload(s3, ml / _local(wanted["S3Output"]["LocalPath"]), wanted["S3Output"]["S3Uri"], key)
        judge(ml, ended)

    def ended(self, job: Record, status: str) -> None:
        """A processing job says why it ended where its container left a message."""
        message = self.parts.config.root / self.noun / job["ProcessingJobName"] / "ml" / "output" / "message"
        if status == "Completed" and message.is_file():
            job["ExitMessage"] = message.read_text(errors="replace")[:1024]

    def _process(self, job: Record, base: Path, environment: Mapping[str, str]) -> Ended:
        isolated = job.get("NetworkConfig", {}).get("EnableNetworkIsolation", False)
        application = job["AppSpecification"]
        program = list(self.parts.config.images.program(application["ImageUri"]))
        named = {
            "PROCESSING_JOB_NAME": job["ProcessingJobName"],
            "PROCESSING_JOB_ARN": job["ProcessingJobArn"],
            "AWS_REGION": self.parts.config.region,
            "AWS_DEFAULT_REGION": self.parts.config.region,
        }
        return self.container(
            job,
            base,
            [
                *(application.get("ContainerEntrypoint") or program),
                *application.get("ContainerArguments", []),
            ],
            named if isolated else {**environment, **named},
            image=application["ImageUri"],
            network=not isolated,
        )


def _check_input(given: Record) -> None:
    name = f"Input {given['InputName']}"
    source = given.get("S3Input")
    if source is None or given.get("AppManaged"):
        raise not_implemented(f"{name}: a source other than S3")
    if source.get("S3InputMode", "File") != "File" or source.get("S3CompressionType", "None") != "None":
        raise not_implemented(f"{name}: Pipe mode, and decompression, which is for it,")
    channels.check_source(name, source)
    _local(source.get("LocalPath", ""))


def _continuous(request: Record) -> list[Record]:
    """The outputs that are sent while the job runs."""
    return [wanted for wanted in _outputs(request) if wanted["S3Output"].get("S3UploadMode") == "Continuous"]


def _mirror(s3: Any, ml: Path, wanted: Record) -> Mirror:
    return Mirror(s3, ml / _local(wanted["S3Output"]["LocalPath"]), wanted["S3Output"]["S3Uri"])


def _outputs(request: Record) -> list[Record]:
    found: list[Record] = request.get("ProcessingOutputConfig", {}).get("Outputs", [])
    return found


def _local(path: str) -> str:
    """Where a container's path lies below its /opt/ml.

    Raises:
        ApiError: it lies elsewhere; AWS asks for the same.
    """
    if not f"{path}/".startswith(f"{PROCESSING}/") or ".." in path.split("/"):
        raise invalid(f"LocalPath {path!r} must be under {PROCESSING}")
    return path.removeprefix("/opt/ml/")
