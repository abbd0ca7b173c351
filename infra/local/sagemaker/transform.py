"""Batch transform jobs: objects in, each through the container of a model, `<key>.out` out.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
"""

from __future__ import annotations

import gzip
import http.client
import time
from typing import TYPE_CHECKING, Any

from infra.local.sagemaker import channels, refusals, served
from infra.local.sagemaker.endings import JobFailedError
from infra.local.sagemaker.faults import invalid, not_implemented
from infra.local.sagemaker.files import encryption
from infra.local.sagemaker.jobs import Jobs
from infra.local.sagemaker.records import FORMATS, MEGABYTE, Processing, batches
from infra.local.sagemaker.together import each
from tidegate.lake.layout import split_uri

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.models import Models
    from infra.local.sagemaker.store import Record

PAYLOAD_MB = 6  # AWS's default
MOST_PAYLOAD_MB = 100  # MaxConcurrentTransforms times MaxPayloadInMB
TIMEOUT_SECONDS, RETRIES = 600, 3
HEALTH_SECONDS = 60.0


class TransformJobs(Jobs):
    """CreateTransformJob and its companions."""

    noun = "transform-job"
    word = "TransformJob"
    log_group = "/aws/sagemaker/TransformJobs"
    event = "SageMaker Transform Job State Change"
    order = "Descending"

    def __init__(self, parts: Parts, models: Models) -> None:
        super().__init__(parts)
        self._models = models

    def start(self, request: Record) -> Record:
        """CreateTransformJob."""
        refusals.check(request, refusals.TRANSFORM)
        model = self._models.get(request["ModelName"])
        source = request["TransformInput"]
        channels.check_source("TransformInput", source["DataSource"]["S3DataSource"])
        if (split := source.get("SplitType", "None")) not in ("None", "Line"):
            raise not_implemented(f"TransformInput.SplitType {split}")
        if request["TransformResources"]["InstanceCount"] != 1:
            raise not_implemented("Transform on more than one instance")
        together = request.get("MaxConcurrentTransforms", 1) * request.get("MaxPayloadInMB", PAYLOAD_MB)
        if together > MOST_PAYLOAD_MB:
            raise invalid("MaxConcurrentTransforms * MaxPayloadInMB must not exceed 100 MB")
        kind = source.get("ContentType", "")
        if not _processing(request).idle and kind.partition(";")[0].strip() not in FORMATS:
            raise invalid(f"DataProcessing is for ContentType {', '.join(FORMATS)}, not {kind!r}")
        return self.create(request, {"_model": model})

    def role(self, job: Record) -> str:
        """The model's own."""
        return str(job["_model"].get("ExecutionRoleArn", ""))

    def run(self, job: Record, base: Path, s3: Any, environment: Mapping[str, str]) -> None:  # noqa: ARG002
        """Start the model's container, and send it each object."""
        source = job["TransformInput"]["DataSource"]["S3DataSource"]
        objects = list(channels.objects(s3, source))
        keep = self.listener(job, served.image(job["_model"]))
        process, port = served.start(self.parts, base, job["_model"], _told(job), keep)
        with self.running(job, process):
            try:
                if not served.healthy(process, port, HEALTH_SECONDS):
                    raise JobFailedError(
                        "AlgorithmError: the container did not pass the ping health check. It last wrote: "
                        f"{process.last_words()[-400:]}"
                    )
                self.parts.store.change(job, TransformStartTime=time.time())
                self._all(served.execution_parameters(port) | job, s3, objects, port)
            finally:
                process.end()
                self.parts.store.change(job, TransformEndTime=time.time())

    def ended(self, job: Record, status: str) -> None:
        """Nothing more is to be said of it."""

    def _all(self, job: Record, s3: Any, objects: list[tuple[str, str]], port: int) -> None:
        """Every object, also after one that fails, which fails the job at the end."""
        failures: list[JobFailedError] = []
        for address, relative in objects:
            try:
                self._one(job, s3, address, relative, port)
            except JobFailedError as failure:
                failures.append(failure)
        if failures:
            raise failures[0]

    def _one(self, job: Record, s3: Any, address: str, relative: str, port: int) -> None:
        """One object through the container, and its answers to S3."""
        bucket, key = split_uri(address)
        data = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        source, wanted = job["TransformInput"], job["TransformOutput"]
        if source.get("CompressionType", "None") == "Gzip":
            data = gzip.decompress(data)
        lines = source.get("SplitType", "None") == "Line"
        most = job.get("MaxPayloadInMB", PAYLOAD_MB) * MEGABYTE
        single = job.get("BatchStrategy", "MultiRecord") == "SingleRecord"
        processing = _processing(job)
        caller = _Caller(job, port)

        def answered(records: list[bytes]) -> list[bytes]:
            return processing.taken(records, caller.call(b"\n".join(processing.given(records)), address))

        requests = batches(data, lines=lines, single=single, most=most)
        parts = each(answered, requests, job.get("MaxConcurrentTransforms", 1) or 1)
        answers = [answer for part in parts for answer in part]
        by_line = wanted.get("AssembleWith", "None") == "Line" or not processing.idle
        whole = b"".join(answer.rstrip(b"\n") + b"\n" for answer in answers) if by_line else b"".join(answers)
        bucket, prefix = split_uri(wanted["S3OutputPath"])
        s3.put_object(
            Bucket=bucket,
            Key="/".join(part for part in (prefix.rstrip("/"), f"{relative}.out") if part),
            Body=whole,
            **encryption(wanted.get("KmsKeyId", "")),
        )


class _Caller:
    """Sends requests to the container, each again when it fails for a reason of the container's."""

    def __init__(self, job: Record, port: int) -> None:
        told = job.get("ModelClientConfig", {})
        self._port = port
        self._timeout = told.get("InvocationsTimeoutInSeconds", TIMEOUT_SECONDS)
        self._retries = told.get("InvocationsMaxRetries", RETRIES)
        kind, accept = job["TransformInput"].get("ContentType"), job["TransformOutput"].get("Accept")
        named = {"Content-Type": kind, "Accept": accept}
        self._headers = {name: value for name, value in named.items() if value}

    def call(self, body: bytes, address: str) -> bytes:
        """The container's answer.

        Raises:
            JobFailedError: it gives none.
        """
        said = ""
        for _ in range(1 + self._retries):
            try:
                status, answer = self._once(body)
            except (OSError, http.client.HTTPException) as error:
                said = repr(error)
                continue
            if status < 300:
                return answer
            said = f"{status}: {answer.decode(errors='replace')[:400]}"
            if status < 500:
                break
        raise JobFailedError(f"ClientError: {address}: the model answered {said}")

    def _once(self, body: bytes) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=self._timeout)
        try:
            connection.request("POST", "/invocations", body, self._headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def _processing(job: Record) -> Processing:
    source, wanted = job["TransformInput"], job["TransformOutput"]
    return Processing(job.get("DataProcessing", {}), source.get("ContentType", ""), wanted.get("Accept", ""))


def _told(job: Record) -> dict[str, str]:
    """What a container learns of the batch that it is to serve."""
    return {
        "SAGEMAKER_BATCH": "true",
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": str(job.get("MaxPayloadInMB", PAYLOAD_MB)),
        "SAGEMAKER_BATCH_STRATEGY": job.get("BatchStrategy", "MultiRecord").replace("R", "_R").upper(),
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": str(job.get("MaxConcurrentTransforms", 1)),
        **job.get("Environment", {}),
    }
