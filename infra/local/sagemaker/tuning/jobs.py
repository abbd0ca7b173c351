"""CreateHyperParameterTuningJob and its companions, and the loop behind each job."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

from infra.local.sagemaker import refusals
from infra.local.sagemaker.announce import in_milliseconds
from infra.local.sagemaker.faults import ApiError, in_use, invalid, not_found
from infra.local.sagemaker.jobs import INTERRUPTED
from infra.local.sagemaker.store import Record, page
from infra.local.sagemaker.tuning import stopping
from infra.local.sagemaker.tuning.requests import limits_of, objective_of, training_request
from infra.local.sagemaker.tuning.trials import Trial, best, counters

if TYPE_CHECKING:
    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.training import TrainingJobs
    from infra.local.sagemaker.tuning.search import Search

_log = logging.getLogger(__name__)
NAME = "HyperParameterTuningJobName"
STATUS = "HyperParameterTuningJobStatus"
EVENT = "SageMaker HyperParameter Tuning Job State Change"
LOOK_EVERY_SECONDS = 0.2


class TuningJobs:
    """Jobs that start training jobs."""

    noun, word = "hyper-parameter-tuning-job", "HyperParameterTuningJob"

    def __init__(self, parts: Parts, training: TrainingJobs) -> None:
        self.parts = parts
        self._training = training
        self._closing = threading.Event()

    def start(self, request: Record) -> Record:
        """CreateHyperParameterTuningJob."""
        from infra.local.sagemaker.tuning.search import search

        refusals.check(request, refusals.TUNING)
        config = request["HyperParameterTuningJobConfig"]
        definition = request.get("TrainingJobDefinition")
        if definition is None:
            raise invalid("TrainingJobDefinition is required")
        objective = objective_of(config, definition)
        chosen = search(config)
        config = {**config, "ResourceLimits": limits_of(config, getattr(chosen, "size", None))}
        name = request[NAME]
        self._training.check(training_request(name, definition, objective, {}))
        self.parts.cloud.assume(definition["RoleArn"])
        job = self._put({**request, "HyperParameterTuningJobConfig": config}, objective)
        threading.Thread(
            target=self._work, args=(job, chosen), name=f"{self.noun}-{name}", daemon=True
        ).start()
        return {"HyperParameterTuningJobArn": job["HyperParameterTuningJobArn"]}

    def describe(self, request: Record) -> Record:
        """DescribeHyperParameterTuningJob."""
        job = self._get(request)
        trials = self._trials(job)
        found = best(trials)
        shown = {**job, **counters(trials)}
        if found:
            shown["BestTrainingJob"] = found.summary()
            since = stopping.not_improving(trials)
            shown["TuningJobCompletionDetails"] = {"NumberOfTrainingJobsObjectiveNotImproving": since}
        until = job.get("HyperParameterTuningEndTime", time.time())
        shown["ConsumedResources"] = {"RuntimeInSeconds": round(until - job["CreationTime"])}
        return shown

    def stop(self, request: Record) -> Record:
        """StopHyperParameterTuningJob: its training jobs are stopped too."""
        job = self._get(request)
        with self.parts.store.lock:
            if job[STATUS] != "InProgress":
                raise invalid(f"The request was rejected because the job is in status {job[STATUS]}.")
            self.parts.store.change(job, **{STATUS: "Stopping"})
        self._say(job)
        return {}

    def delete(self, request: Record) -> Record:
        """DeleteHyperParameterTuningJob: its training jobs stay."""
        job = self._get(request)
        if job[STATUS] in ("InProgress", "Stopping"):
            raise invalid(f"The request was rejected because the job is in status {job[STATUS]}.")
        self.parts.store.remove(self.noun, job[NAME])
        return {}

    def list_page(self, request: Record) -> Record:
        """ListHyperParameterTuningJobs."""
        times = ("CreationTime", "LastModifiedTime", "HyperParameterTuningEndTime")
        kept = (NAME, "HyperParameterTuningJobArn", STATUS, *times)

        def summary(job: Record) -> Record:
            config = job["HyperParameterTuningJobConfig"]
            shown = {member: job[member] for member in kept if member in job}
            more = {"Strategy": config["Strategy"], "ResourceLimits": config["ResourceLimits"]}
            return {**shown, **more, **counters(self._trials(job))}

        summaries = "HyperParameterTuningJobSummaries"
        asked = {"SortBy": "Name", "SortOrder": "Ascending", **request}
        return page(asked, self.parts.store.every(self.noun), summaries, summary, NAME)

    def list_trials(self, request: Record) -> Record:
        """ListTrainingJobsForHyperParameterTuningJob."""
        trials = self._trials(self._get(request))
        request = {"SortBy": "Name", "SortOrder": "Ascending", **request}
        if request["SortBy"] == "FinalObjectiveMetricValue":
            scored = [trial for trial in trials if trial.result is not None]
            scored.sort(
                key=lambda trial: trial.result or 0.0, reverse=request.get("SortOrder") != "Ascending"
            )
            shown = [trial.summary() for trial in scored if _wanted(request, trial)]
            return {"TrainingJobSummaries": shown[: request.get("MaxResults", 100)]}
        by_job = {id(trial.job): trial for trial in trials}
        jobs = [trial.job for trial in trials]
        return page(
            request, jobs, "TrainingJobSummaries", lambda job: by_job[id(job)].summary(), "TrainingJobName"
        )

    def interrupt(self) -> None:
        """After a restart: what was running has failed."""
        self._closing.clear()
        for job in self.parts.store.every(self.noun):
            if job[STATUS] in ("InProgress", "Stopping"):
                job.update({STATUS: "Failed", "FailureReason": INTERRUPTED})

    def kill(self) -> None:
        """Start no more training jobs."""
        self._closing.set()

    def _put(self, request: Record, objective: Record) -> Record:
        name, now = request[NAME], time.time()
        tags = request.pop("Tags", [])
        job = {
            **request,
            "HyperParameterTuningJobArn": self.parts.config.arn(self.noun, name),
            STATUS: "InProgress",
            "CreationTime": now,
            "LastModifiedTime": now,
            "_objective": objective,
            "_trials": [],
        }
        with self.parts.store.lock:
            if self.parts.store.find(self.noun, name):
                raise in_use(
                    f"Tuning job names must be unique within an AWS account and region: {name} exists."
                )
            self.parts.store.put(self.noun, name, job)
            self.parts.tag(job["HyperParameterTuningJobArn"], tags)
        return job

    def _work(self, job: Record, search: Search) -> None:
        self._say(job)
        reason = ""
        try:
            self._tune(job, search)
        except ApiError as error:  # a training job could not be started: its role is gone, its image too
            reason = error.what
        trials = self._trials(job)
        if not reason and trials and all(trial.job["TrainingJobStatus"] == "Failed" for trial in trials):
            reason = f"All training jobs failed; the first: {trials[0].job.get('FailureReason', '')}"
        if self._closing.is_set():
            return
        status = "Failed" if reason else "Stopped" if job[STATUS] == "Stopping" else "Completed"
        ended = {"FailureReason": reason[:1024]} if reason else {}
        self.parts.store.change(job, **{STATUS: status, "HyperParameterTuningEndTime": time.time()}, **ended)
        self._say(job)

    def _tune(self, job: Record, search: Search) -> None:
        """Start training jobs and wait for them, until there are enough."""
        config, seen = job["HyperParameterTuningJobConfig"], dict[str, Any]()
        limits = config["ResourceLimits"]
        while not self._closing.wait(LOOK_EVERY_SECONDS):
            trials = self._trials(job, seen)
            running = [trial for trial in trials if not trial.over]
            over = job[STATUS] == "Stopping" or stopping.enough(
                config, job["_objective"], trials, job["CreationTime"]
            )
            if over or len(trials) >= limits["MaxNumberOfTrainingJobs"]:
                if not running:
                    return
            elif len(running) < limits["MaxParallelTrainingJobs"]:
                self._try(job, search, trials)
            for trial in running:
                early = config.get("TrainingJobEarlyStoppingType") == "Auto"
                if over or (early and stopping.hopeless(trial, trials)):
                    self._end(trial)

    def _try(self, job: Record, search: Search, trials: list[Trial]) -> None:
        results = [(trial.place, trial.score) for trial in trials if trial.score is not None]
        place = search.next(results, [trial.place for trial in trials if not trial.over])
        values = search.values(place)
        name = f"{job[NAME]}-{len(trials) + 1:03d}-{uuid.uuid4().hex[:8]}"
        request = training_request(name, job["TrainingJobDefinition"], job["_objective"], values)
        self._training.start(request, TuningJobArn=job["HyperParameterTuningJobArn"])
        with self.parts.store.lock:
            job["_trials"].append({"name": name, "place": place, "values": values})
        self.parts.store.on_change()

    def _end(self, trial: Trial) -> None:
        if trial.job["TrainingJobStatus"] == "InProgress":
            try:
                self._training.stop({"TrainingJobName": trial.job["TrainingJobName"]})
            except ApiError:
                _log.info("%s had ended by itself", trial.job["TrainingJobName"])

    def _trials(self, job: Record, seen: dict[str, Any] | None = None) -> list[Trial]:
        """A job's training jobs; `seen` keeps what their output told beyond their end."""
        kept = {} if seen is None else seen
        kept.update(self._training.readings)
        found = []
        for one in list(job["_trials"]):
            record = self.parts.store.find(self._training.noun, one["name"])
            if record is not None:
                place = tuple(one["place"])
                found.append(Trial(record, place, one["values"], job["_objective"], kept.get(one["name"])))
        return found

    def _get(self, request: Record) -> Record:
        job = self.parts.store.find(self.noun, request[NAME])
        if job is None:
            raise not_found(
                f"Requested resource not found: {self.parts.config.arn(self.noun, request[NAME])}"
            )
        return job

    def _say(self, job: Record) -> None:
        arn = job["HyperParameterTuningJobArn"]
        detail = in_milliseconds({**self.describe(job), "Tags": dict(self.parts.store.tags.get(arn, {}))})
        self.parts.emit(EVENT, arn, detail)


def _wanted(request: Record, trial: Trial) -> bool:
    status: str = trial.job["TrainingJobStatus"]
    return bool(request.get("StatusEquals", status) == status)
