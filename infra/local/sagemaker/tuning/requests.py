"""The training jobs that a tuning asks for, made of its definition and the values that are tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.sagemaker.faults import invalid, not_implemented

if TYPE_CHECKING:
    from infra.local.sagemaker.store import Record

OBJECTIVE = "_tuning_objective_metric"  # as SageMaker tells a container what is tuned for
SAME = (
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "VpcConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "CheckpointConfig",
    "RetryStrategy",
    "Environment",
)


def objective_of(config: Record, definition: Record) -> Record:
    """What is tuned for.

    Raises:
        ApiError: nothing is named, or no metric of that name is read from the output.
    """
    objective: Record | None = config.get("HyperParameterTuningJobObjective") or definition.get(
        "TuningObjective"
    )
    if objective is None:
        raise invalid("HyperParameterTuningJobObjective is required")
    metrics = definition["AlgorithmSpecification"].get("MetricDefinitions", [])
    if objective["MetricName"] not in [metric["Name"] for metric in metrics]:
        raise invalid(f"The objective metric {objective['MetricName']} is none of MetricDefinitions")
    return {"Type": objective["Type"], "MetricName": objective["MetricName"]}


def training_request(name: str, definition: Record, objective: Record, values: dict[str, str]) -> Record:
    """The request of one training job.

    Raises:
        ApiError: it asks for instances in a way that is not done here.
    """
    request = {member: definition[member] for member in SAME if member in definition}
    if "CheckpointConfig" in request:  # each training job has its own, below the one that is given
        config = request["CheckpointConfig"]
        request["CheckpointConfig"] = {**config, "S3Uri": f"{config['S3Uri'].rstrip('/')}/{name}"}
    instances = definition.get("HyperParameterTuningResourceConfig")
    if instances:
        if "InstanceConfigs" in instances or "AllocationStrategy" in instances:
            raise not_implemented("HyperParameterTuningResourceConfig: a choice of instances")
        request["ResourceConfig"] = instances
    told = {**definition.get("StaticHyperParameters", {}), **values, OBJECTIVE: objective["MetricName"]}
    return {**request, "TrainingJobName": name, "HyperParameters": told}


def limits_of(config: Record, grid: int | None) -> Record:
    """ResourceLimits with the number of training jobs that there will be.

    Raises:
        ApiError: it is missing, or not that of a grid.
    """
    limits: Record = config["ResourceLimits"]
    most = limits.get("MaxNumberOfTrainingJobs")
    if grid is not None:
        if most not in (None, grid):
            raise invalid(f"The grid has {grid} combinations: leave MaxNumberOfTrainingJobs out")
        return {**limits, "MaxNumberOfTrainingJobs": grid}
    if most is None:
        raise invalid("ResourceLimits.MaxNumberOfTrainingJobs is required for this strategy")
    return limits
