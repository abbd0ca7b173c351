"""One training job of a tuning: the values that it tries, and what its objective came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from infra.local.sagemaker.readings import Readings
    from infra.local.sagemaker.store import Record
    from infra.local.sagemaker.tuning.search import Place

OVER = ("Completed", "Failed", "Stopped")
SHOWN = (
    "TrainingJobName",
    "TrainingJobArn",
    "CreationTime",
    "TrainingStartTime",
    "TrainingEndTime",
    "TrainingJobStatus",
    "FailureReason",
)


@dataclass
class Trial:
    """A training job under way or over; `objective` is the tuning's own."""

    job: Record
    place: Place
    values: dict[str, str]
    objective: Record
    readings: Readings | None = None

    @property
    def over(self) -> bool:
        """Whether the training job has ended."""
        return self.job["TrainingJobStatus"] in OVER

    @property
    def result(self) -> float | None:
        """The objective of a job that ended without failing, if its output told one."""
        if self.job["TrainingJobStatus"] not in ("Completed", "Stopped"):
            return None
        found = self.job.get("FinalMetricDataList", [])
        wanted = self.objective["MetricName"]
        return next((float(metric["Value"]) for metric in found if metric["MetricName"] == wanted), None)

    @property
    def score(self) -> float | None:
        """The result so that larger is better."""
        return None if self.result is None else self.result * sign(self.objective)

    def progress(self) -> list[float]:
        """The objective's values so far, so that larger is better."""
        if self.readings is None:
            return []
        return [value * sign(self.objective) for value in self.readings.of(self.objective["MetricName"])]

    def summary(self) -> Record:
        """As lists and descriptions show it."""
        shown = {name: self.job[name] for name in SHOWN if name in self.job}
        shown["TunedHyperParameters"] = self.values
        if not self.over:
            return {**shown, "ObjectiveStatus": "Pending"}
        if self.result is None:
            return {**shown, "ObjectiveStatus": "Failed"}
        metric = {**self.objective, "Value": self.result}
        return {
            **shown,
            "FinalHyperParameterTuningJobObjectiveMetric": metric,
            "ObjectiveStatus": "Succeeded",
        }


def sign(objective: Record) -> int:
    """1 where larger is better, else -1."""
    return 1 if objective["Type"] == "Maximize" else -1


def best(trials: Iterable[Trial]) -> Trial | None:
    """The trial with the best result."""
    scored = [trial for trial in trials if trial.score is not None]
    return max(scored, key=lambda trial: trial.score or 0.0, default=None)


def counters(trials: list[Trial]) -> Record:
    """What a description counts."""
    statuses = [trial.job["TrainingJobStatus"] for trial in trials]
    objectives = [trial.summary()["ObjectiveStatus"] for trial in trials]
    under_way = sum(status not in OVER for status in statuses)
    return {
        "TrainingJobStatusCounters": {
            "Completed": statuses.count("Completed"),
            "InProgress": under_way,
            "RetryableError": 0,
            "NonRetryableError": statuses.count("Failed"),
            "Stopped": statuses.count("Stopped"),
        },
        "ObjectiveStatusCounters": {
            status: objectives.count(status) for status in ("Succeeded", "Pending", "Failed")
        },
    }
