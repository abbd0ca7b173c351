"""When a training job, or the whole tuning, is not worth going on with.

https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-early-stopping.html
"""

from __future__ import annotations

import time
from itertools import accumulate
from statistics import median
from typing import TYPE_CHECKING

from infra.local.sagemaker.tuning.trials import Trial, sign

if TYPE_CHECKING:
    from infra.local.sagemaker.store import Record

EARLIER_TRIALS = 3  # that have ended, before any is stopped early


def hopeless(trial: Trial, others: list[Trial]) -> bool:
    """Whether its objective is worse than the median of earlier trials' running averages, as far along."""
    values = trial.progress()
    averages = [
        running[len(values) - 1]
        for other in others
        if other.job["TrainingJobStatus"] == "Completed"
        and len(running := _running_averages(other.progress())) >= len(values)
    ]
    return bool(values) and len(averages) >= EARLIER_TRIALS and values[-1] < median(averages)


def enough(config: Record, objective: Record, trials: list[Trial], started: float) -> bool:
    """Whether no more training jobs are to be started, or waited for."""
    limit = config["ResourceLimits"].get("MaxRuntimeInSeconds")
    if limit is not None and time.time() - started > limit:
        return True
    criteria = config.get("TuningJobCompletionCriteria", {})
    scores = [trial.score for trial in trials if trial.score is not None]
    target = criteria.get("TargetObjectiveMetricValue")
    if target is not None and any(score >= target * sign(objective) for score in scores):
        return True
    most = criteria.get("BestObjectiveNotImproving", {}).get("MaxNumberOfTrainingJobsNotImproving")
    return most is not None and not_improving(trials) >= most


def not_improving(trials: list[Trial]) -> int:
    """How many trials have ended since the best one."""
    scores = [trial.score for trial in trials if trial.score is not None]
    return len(scores) - 1 - scores.index(max(scores)) if scores else 0


def _running_averages(values: list[float]) -> list[float]:
    return [total / count for count, total in enumerate(accumulate(values), start=1)]
