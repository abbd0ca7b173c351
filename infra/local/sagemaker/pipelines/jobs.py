"""Steps that are a SageMaker job: start it, wait for it, stop it with the execution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.sagemaker.pipelines.hands import StepFailedError
from infra.local.sagemaker.pipelines.retrying import kind_of_job
from infra.local.sagemaker.pipelines.steps import LOOK_EVERY_SECONDS, StoppedError, Work, random_name

if TYPE_CHECKING:
    from infra.local.sagemaker.store import Record

# by type of step: the job as its operations call it, and as the step's metadata does
JOBS = {
    "Processing": ("ProcessingJob", "ProcessingJob"),
    "Training": ("TrainingJob", "TrainingJob"),
    "Transform": ("TransformJob", "TransformJob"),
    "Tuning": ("HyperParameterTuningJob", "TuningJob"),
}


def job_name(execution_id: str, step: str, type_: str) -> str:
    """A new name for the job of a step, in AWS's form: that of a tuning job is short."""
    plain = step.replace("_", "-")
    if type_ == "Tuning":
        return f"{execution_id}-{plain[:7].strip('-')}-{random_name()}"
    return f"pipelines-{execution_id}-{plain[:28].strip('-')}-{random_name()}"


def run_job(work: Work) -> Record:
    """Do the job; its description, once it is completed."""
    word, shown = JOBS[work.step.type]
    named = {f"{word}Name": work.name}
    arn = work.hands.sagemaker(f"Create{word}", {**work.arguments, **named})[f"{word}Arn"]
    work.begun(**{shown: {"Arn": arn}})
    asked = False
    while True:
        found = work.hands.sagemaker(f"Describe{word}", named)
        status = found[f"{word}Status"]
        if status == "Completed":
            return _with_best(work, found)
        if status == "Stopped" and asked:
            raise StoppedError
        if status in ("Failed", "Stopped"):
            reason = found.get("FailureReason") or f"the job {work.name} was stopped"
            raise StepFailedError(reason, kind_of_job(reason, work.step.type))
        if work.living.stopping() and not asked:
            asked = True
            _stop(work, f"Stop{word}", named)
        work.living.pause(LOOK_EVERY_SECONDS)


def _stop(work: Work, operation: str, named: Record) -> None:
    try:
        work.hands.sagemaker(operation, named)
    except StepFailedError as error:
        if "status" not in error.reason:  # it ended by itself meanwhile, as the next look will say
            raise


def _with_best(work: Work, found: Record) -> Record:
    """A tuning job's description has the summaries of its trainings too, the best first."""
    if work.step.type != "Tuning":
        return found
    asked = {"HyperParameterTuningJobName": work.name, "SortBy": "FinalObjectiveMetricValue"}
    goal = found["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]["Type"]
    asked["SortOrder"] = "Descending" if goal == "Maximize" else "Ascending"
    listed = work.hands.sagemaker("ListTrainingJobsForHyperParameterTuningJob", asked)
    return {**found, "TrainingJobSummaries": listed["TrainingJobSummaries"]}
