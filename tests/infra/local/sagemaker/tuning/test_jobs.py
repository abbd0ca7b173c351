"""Tuning jobs whose training jobs really run, through boto3."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.clouds import eventually

if TYPE_CHECKING:
    from tests.infra.local.sagemaker.conftest import Sage

OVER = ("Completed", "Failed", "Stopped")
X = {"ContinuousParameterRanges": [{"Name": "x", "MinValue": "0", "MaxValue": "6"}]}


def tuning(
    sage: Sage, name: str, strategy: str, ranges: dict[str, Any], static: dict[str, str], **config: Any
) -> dict[str, Any]:
    training = sage.training("unused")
    definition = {
        "AlgorithmSpecification": {
            **training["AlgorithmSpecification"],
            "MetricDefinitions": [{"Name": "score", "Regex": "score=([-0-9.e]+);"}],
        },
        "StaticHyperParameters": static,
        **{member: training[member] for member in ("RoleArn", "OutputDataConfig", "ResourceConfig")},
        **{member: training[member] for member in ("StoppingCondition", "Environment")},
    }
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": strategy,
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "score"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": ranges,
            **config,
        },
        "TrainingJobDefinition": definition,
    }


def describe(sage: Sage, name: str) -> dict[str, Any]:
    sagemaker = sage.client("sagemaker")
    said: dict[str, Any] = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    return said


def ended(sage: Sage, name: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        said = describe(sage, name)
        return said if said["HyperParameterTuningJobStatus"] in OVER else None

    said: dict[str, Any] = eventually(look, 120)
    return said


def run(sage: Sage, request: dict[str, Any]) -> dict[str, Any]:
    sage.client("sagemaker").create_hyper_parameter_tuning_job(**request)
    return ended(sage, request["HyperParameterTuningJobName"])


def trials(sage: Sage, name: str, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sage.client("sagemaker").list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name, **more
    )["TrainingJobSummaries"]
    return found


def test_training_jobs_run_with_values_of_their_own_and_the_best_is_named(sage: Sage) -> None:
    heard = sage.listen(
        "tunings", "SageMaker HyperParameter Tuning Job State Change", "HyperParameterTuningJobName", "chance"
    )
    job = run(sage, tuning(sage, "chance", "Random", X, {"answer": "tuned"}, RandomSeed=5))
    assert job["HyperParameterTuningJobStatus"] == "Completed", job.get("FailureReason")
    assert job["TrainingJobStatusCounters"]["Completed"] == 4
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 4, "Pending": 0, "Failed": 0}
    values = [
        one["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
        for one in trials(sage, "chance", SortBy="FinalObjectiveMetricValue", SortOrder="Ascending")
    ]
    assert len(values) == 4
    assert all(low <= high for low, high in pairwise(values))
    best = job["BestTrainingJob"]
    assert best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == values[-1]
    x = float(best["TunedHyperParameters"]["x"])
    assert values[-1] == pytest.approx(-((x - 3) ** 2), abs=1e-6)
    training = sage.client("sagemaker").describe_training_job(TrainingJobName=best["TrainingJobName"])
    assert training["TuningJobArn"] == job["HyperParameterTuningJobArn"]
    assert training["HyperParameters"] == {
        "answer": "tuned",
        "x": best["TunedHyperParameters"]["x"],
        "_tuning_objective_metric": "score",
    }
    assert [heard()["detail"]["HyperParameterTuningJobStatus"] for _ in range(2)] == [
        "InProgress",
        "Completed",
    ]
    (listed,) = sage.client("sagemaker").list_hyper_parameter_tuning_jobs(NameContains="chance")[
        "HyperParameterTuningJobSummaries"
    ]
    assert (listed["Strategy"], listed["HyperParameterTuningJobStatus"]) == ("Random", "Completed")


def test_a_grid_runs_every_combination(sage: Sage) -> None:
    ranges = {"CategoricalParameterRanges": [{"Name": "x", "Values": ["1", "3"]}]}
    limits = {"MaxParallelTrainingJobs": 2}
    job = run(sage, tuning(sage, "grid", "Grid", ranges, {}, ResourceLimits=limits))
    assert job["HyperParameterTuningJobStatus"] == "Completed", job.get("FailureReason")
    assert job["BestTrainingJob"]["TunedHyperParameters"] == {"x": "3"}
    assert sorted(one["TunedHyperParameters"]["x"] for one in trials(sage, "grid")) == ["1", "3"]


def test_a_tuning_ends_when_its_target_is_reached(sage: Sage) -> None:
    ranges = {"CategoricalParameterRanges": [{"Name": "x", "Values": ["3", "1", "2", "0"]}]}
    limits = {"MaxParallelTrainingJobs": 1}
    criteria = {"TargetObjectiveMetricValue": 0.0}
    request = tuning(
        sage, "target", "Grid", ranges, {}, ResourceLimits=limits, TuningJobCompletionCriteria=criteria
    )
    assert run(sage, request)["TrainingJobStatusCounters"]["Completed"] == 1


def test_a_hopeless_training_job_is_stopped_early_and_its_objective_counts(sage: Sage) -> None:
    ranges = {"CategoricalParameterRanges": [{"Name": "level", "Values": ["9", "8", "7", "1"]}]}
    request = tuning(
        sage,
        "early",
        "Grid",
        ranges,
        {"steps": "12"},
        ResourceLimits={"MaxParallelTrainingJobs": 1},
        TrainingJobEarlyStoppingType="Auto",
    )
    job = run(sage, request)
    assert job["TrainingJobStatusCounters"]["Stopped"] == 1
    (stopped,) = trials(sage, "early", StatusEquals="Stopped")
    assert stopped["TunedHyperParameters"] == {"level": "1"}
    assert stopped["ObjectiveStatus"] == "Succeeded"
    assert job["BestTrainingJob"]["TunedHyperParameters"] == {"level": "9"}


def test_a_tuning_of_which_every_training_job_fails_has_failed(sage: Sage) -> None:
    limits = {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 2}
    job = run(sage, tuning(sage, "sad", "Random", X, {"fail": "rain"}, ResourceLimits=limits))
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("All training jobs failed; the first: AlgorithmError: rain")
    assert job["TrainingJobStatusCounters"]["NonRetryableError"] == 2
    assert "BestTrainingJob" not in job


def test_stopping_a_tuning_stops_its_training_jobs(sage: Sage) -> None:
    sagemaker = sage.client("sagemaker")
    sagemaker.create_hyper_parameter_tuning_job(**tuning(sage, "halted", "Bayesian", X, {"sleep": "60"}))
    eventually(lambda: len(trials(sage, "halted")) == 2)
    with pytest.raises(ClientError, match="is in status InProgress"):
        sagemaker.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName="halted")
    sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="halted")
    job = ended(sage, "halted")
    assert job["HyperParameterTuningJobStatus"] == "Stopped"
    assert job["TrainingJobStatusCounters"]["Stopped"] == 2
    sagemaker.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName="halted")
    with pytest.raises(ClientError, match="not found"):
        describe(sage, "halted")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"Strategy": "Hyperband"}, r"Hyperband .* is not implemented"),
        ({"HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"}}, "loss is none of"),
        ({"ResourceLimits": {"MaxParallelTrainingJobs": 1}}, "MaxNumberOfTrainingJobs is required"),
        ({"ParameterRanges": {}}, "no hyperparameter to tune"),
    ],
)
def test_what_cannot_be_tuned_is_refused(sage: Sage, more: dict[str, Any], said: str) -> None:
    request = tuning(sage, "refused", "Random", X, {})
    request["HyperParameterTuningJobConfig"] |= more
    with pytest.raises(ClientError, match=said):
        sage.client("sagemaker").create_hyper_parameter_tuning_job(**request)


def test_a_training_job_that_could_not_run_is_refused_before_any_starts(sage: Sage) -> None:
    request = tuning(sage, "foreign", "Random", X, {})
    request["TrainingJobDefinition"]["AlgorithmSpecification"]["TrainingImage"] = "unknown:1"
    with pytest.raises(ClientError, match="unknown:1 cannot run"):
        sage.client("sagemaker").create_hyper_parameter_tuning_job(**request)
    request = tuning(sage, "parent", "Random", X, {})
    parents = [{"HyperParameterTuningJobName": "chance"}]
    request["WarmStartConfig"] = {
        "ParentHyperParameterTuningJobs": parents,
        "WarmStartType": "TransferLearning",
    }
    with pytest.raises(ClientError, match="WarmStartConfig") as refused:
        sage.client("sagemaker").create_hyper_parameter_tuning_job(**request)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
