"""A job from its start to its end: what training and processing share."""

from __future__ import annotations

import json
import logging
import shutil
import threading
import time
from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from infra.local.sagemaker import validation
from infra.local.sagemaker.announce import in_milliseconds
from infra.local.sagemaker.endings import LONGEST_REASON, Ended, JobFailedError, TimeUpError
from infra.local.sagemaker.faults import in_use, invalid, not_found
from infra.local.sagemaker.files import BadArchiveError, BadManifestError, NoObjectsError
from infra.local.sagemaker.process import Process
from infra.local.sagemaker.refusals import without_effect
from infra.local.sagemaker.store import Record, page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from infra.local.sagemaker.backend import Parts

_log = logging.getLogger(__name__)
DAY = 86_400
STOP_GRACE_SECONDS = 120  # what SageMaker gives a container between SIGTERM and SIGKILL
INTERRUPTED = (
    "InternalServerError: the local cloud was stopped while this job ran. Start it again under a new name"
)


class Jobs(ABC):
    """Jobs of one kind; a subclass says what its container gets and gives back."""

    noun: str  # as in its ARN: training-job
    word: str  # as in its members: TrainingJob
    log_group: str
    event: str
    order = "Ascending"  # of a list, where none is asked for

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self._running: dict[str, Process] = {}

    @abstractmethod
    def run(self, job: Record, base: Path, s3: Any, environment: Mapping[str, str]) -> None:
        """Do the job in `base`; return when it is completed.

        Raises:
            JobFailedError: it is not.
            TimeUpError: it took too long.
        """

    def role(self, job: Record) -> str:
        """The role that the job has."""
        return str(job["RoleArn"])

    def stopping(self, job: Record) -> None:  # noqa: B027 - not every kind has more to note
        """Note in the record that it is being stopped."""

    def heard(self, job: Record, line: str) -> None:  # noqa: B027 - not every kind listens
        """Hear one line of the container's output."""

    @abstractmethod
    def ended(self, job: Record, status: str) -> None:
        """Note in the record how it ended, before the status says so."""

    def create(self, request: Record, first: Record) -> Record:
        """Start a job; the answer of its Create operation."""
        name = request[f"{self.word}Name"]
        self.parts.cloud.assume(self.role({**request, **first}))
        arn = self.parts.config.arn(self.noun, name)
        now = time.time()
        tags = request.pop("Tags", [])
        job = {
            **request,
            f"{self.word}Arn": arn,
            f"{self.word}Status": "InProgress",
            "CreationTime": now,
            "LastModifiedTime": now,
            **first,
        }
        with self.parts.store.lock:
            if self.parts.store.find(self.noun, name):
                raise in_use(
                    f"{self.word} names must be unique within an AWS account and region: {name} exists."
                )
            self.parts.store.put(self.noun, name, job)
            self.parts.tag(arn, tags)
        threading.Thread(target=self._work, args=(job,), name=f"{self.noun}-{name}", daemon=True).start()
        return {f"{self.word}Arn": arn}

    def describe(self, request: Record) -> Record:
        """The job's record."""
        return self._get(request)

    def stop(self, request: Record) -> Record:
        """End a running job."""
        job = self._get(request)
        status = f"{self.word}Status"
        with self.parts.store.lock:
            if job[status] != "InProgress":
                raise invalid(f"The request was rejected because the {self.word} is in status {job[status]}.")
            self.stopping(job)
            self.parts.store.change(job, **{status: "Stopping"})
        self._say(job)
        if process := self._running.get(job[f"{self.word}Name"]):
            threading.Thread(target=process.end, args=(self._grace(),), daemon=True).start()
        return {}

    def delete(self, request: Record) -> Record:
        """Forget a job that has ended."""
        job = self._get(request)
        if (status := job[f"{self.word}Status"]) in ("InProgress", "Stopping"):
            raise invalid(f"The request was rejected because the {self.word} is in status {status}.")
        self.parts.store.remove(self.noun, job[f"{self.word}Name"])
        self.parts.store.tags.pop(job[f"{self.word}Arn"], None)
        shutil.rmtree(self.parts.config.root / self.noun / job[f"{self.word}Name"], ignore_errors=True)
        return {}

    def list_page(self, request: Record) -> Record:
        """One page of jobs."""
        kept = validation.members_of(f"{self.word}Summary")
        return page(
            {"SortOrder": self.order, **request},
            self.parts.store.every(self.noun),
            f"{self.word}Summaries",
            lambda job: {member: job[member] for member in kept if member in job},
            f"{self.word}Name",
        )

    def interrupt(self) -> None:
        """After a restart: what was running has failed."""
        for job in self.parts.store.every(self.noun):
            if job[f"{self.word}Status"] in ("InProgress", "Stopping"):
                self.ended(job, "Failed")
                job.update({f"{self.word}Status": "Failed", "FailureReason": INTERRUPTED})

    def kill(self) -> None:
        """End every process at once."""
        for process in list(self._running.values()):
            process.end(0)

    def container(
        self,
        job: Record,
        base: Path,
        command: list[str],
        environment: Mapping[str, str],
        *,
        image: str,
        network: bool,
        seconds: float | None = None,
        abrupt: bool = False,
    ) -> Ended:
        """Run the job's container to its end, or until `seconds` are over: then it is stopped, or killed."""
        keep = self.listener(job, image)
        images = self.parts.config.images
        surroundings = {**images.surroundings(image, base), **environment, **job.get("Environment", {})}
        process = Process(base, command, surroundings, keep, network=network)
        with self.running(job, process):
            limit = job.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", DAY)
            code = process.wait(limit if seconds is None else seconds)
            if code is None:
                process.end(0 if abrupt else self._grace())
            return Ended(code, process.last_words())

    def listener(self, job: Record, image: str) -> Callable[[str], None]:
        """Where the lines of a container's output go; what is to be said beforehand goes there first."""
        stream = f"{job[f'{self.word}Name']}/algo-1-{int(time.time())}"

        def keep(line: str) -> None:
            self.parts.outbox.line(self.log_group, stream, line)
            self.heard(job, line)

        for remark in filter(None, (self.parts.config.images.remark(image), without_effect(job))):
            keep(remark)
        return keep

    @contextmanager
    def running(self, job: Record, process: Process) -> Iterator[None]:
        """While a job's container runs, the job can be stopped."""
        name = job[f"{self.word}Name"]
        self._running[name] = process
        try:
            if job[f"{self.word}Status"] == "Stopping":
                process.end(0)
            yield
        finally:
            del self._running[name]

    def _get(self, request: Record) -> Record:
        name = request[f"{self.word}Name"]
        job = self.parts.store.find(self.noun, name)
        if job is None:
            raise not_found(f"Requested resource not found: {self.parts.config.arn(self.noun, name)}")
        return job

    def _work(self, job: Record) -> None:
        name = job[f"{self.word}Name"]
        base = (self.parts.config.root / self.noun / name).resolve()
        shutil.rmtree(base, ignore_errors=True)
        base.mkdir(parents=True)
        self._say(job)
        reason, limit = self._attempt(job, base)
        self.parts.outbox.flush()
        stopped = limit or job[f"{self.word}Status"] == "Stopping"
        status = "Stopped" if stopped else "Failed" if reason else "Completed"
        with self.parts.store.lock:
            self.ended(job, limit or status)
            if status == "Failed":
                job["FailureReason"] = reason[:LONGEST_REASON]
            self.parts.store.change(job, **{f"{self.word}Status": status})
        self._say(job)
        if status == "Completed":
            shutil.rmtree(base / "ml", ignore_errors=True)  # its outputs are in S3

    def _attempt(self, job: Record, base: Path) -> tuple[str, str]:
        """Do the job; why it failed, and which limit ended it, where either is so."""
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            credentials = self.parts.cloud.assume(self.role(job))
            s3 = self.parts.cloud.s3(self.role(job))
            self.run(job, base, s3, self.parts.cloud.container_environment(credentials))
        except TimeUpError as limit:
            return "", str(limit)
        except JobFailedError as failure:
            return str(failure), ""
        except (NoObjectsError, BadManifestError, BadArchiveError, ClientError, Boto3Error) as error:
            return f"ClientError: {error}", ""
        except (OSError, BotoCoreError, ValueError) as error:
            _log.exception("%s %s", self.noun, job[f"{self.word}Name"])
            return f"InternalServerError: {error}", ""
        return "", ""

    def _grace(self) -> float:
        return STOP_GRACE_SECONDS * self.parts.config.time_scale

    def _say(self, job: Record) -> None:
        with self.parts.store.lock:
            detail = in_milliseconds(json.loads(json.dumps(job)))
            tags = dict(self.parts.store.tags.get(job[f"{self.word}Arn"], {}))
        self.parts.emit(self.event, job[f"{self.word}Arn"], {**detail, "Tags": tags})
