"""What a job may ask for and is not done here: refused by name, or told in its log if no result changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.local.images import XGBOOST
from infra.local.sagemaker.faults import not_implemented
from infra.local.sagemaker.images import repository

if TYPE_CHECKING:
    from infra.local.sagemaker.store import Record

# members that ask for something, and what to do instead
TRAINING = {
    "AlgorithmSpecification.AlgorithmName": "an algorithm of the marketplace; name a TrainingImage",
    "AlgorithmSpecification.TrainingImageConfig": "a private registry; images are not pulled here",
    "ResourceConfig.InstanceGroups": "heterogeneous clusters; ask for one InstanceType",
    "ResourceConfig.KeepAlivePeriodInSeconds": "warm pools; a process starts at once, leave it out",
    "ResourceConfig.TrainingPlanArn": "training plans; leave it out",
    "ResourceConfig.InstancePreferences": "a choice of instances; ask for one InstanceType",
    "DebugHookConfig": "Debugger, which is closed to new customers; leave it out",
    "DebugRuleConfigurations": "Debugger, which is closed to new customers; leave it out",
    "ProfilerRuleConfigurations": "Debugger's profiler; leave it out",
    "TensorBoardOutputConfig": "TensorBoard's output; write it below /opt/ml/checkpoints",
    "RemoteDebugConfig.EnableRemoteDebug": "a shell in the container; the job's directory is on this machine",
    "SessionChainingConfig.EnableSessionTagChaining": "session tags; leave it out",
    "ServerlessJobConfig": "serverless training of foundation models",
    "ModelPackageConfig": "registering by the training job; call CreateModelPackage",
    "MlflowConfig": "MLflow by the training job; the script may log to a tracking server itself",
}
PROCESSING = {
    "NetworkConfig.EnableInterContainerTrafficEncryption": "traffic between containers; there is one",
}
TRANSFORM = {
    "DataCaptureConfig": "capture of a batch; what went in and came out lies in S3 already",
    "TransformResources.TransformAmiVersion": "the choice of a machine image; leave it out",
}
TUNING = {
    "TrainingJobDefinitions": "several algorithms; give one TrainingJobDefinition",
    "WarmStartConfig": "going on from an earlier tuning; leave it out",
    "Autotune": "ranges that SageMaker chooses; give ParameterRanges",
    "HyperParameterTuningJobConfig.TuningJobCompletionCriteria.ConvergenceDetected": "leave it out",
}
# members that change no result: kept, shown, and named in the log of the job that has them
WITHOUT_EFFECT = (
    "VpcConfig",
    "NetworkConfig.VpcConfig",
    "ResourceConfig.VolumeKmsKeyId",
    "ProcessingResources.ClusterConfig.VolumeKmsKeyId",
    "TransformResources.VolumeKmsKeyId",
    "EnableInterContainerTrafficEncryption",
    "InfraCheckConfig",
    "RetryStrategy",
    "StoppingCondition.MaxPendingTimeInSeconds",
    "ExperimentConfig",
)


def check(request: Record, refused: dict[str, str]) -> None:
    """Refuse what is not done.

    Raises:
        ApiError: 501, with the member's name and what to do.
    """
    for member, what in refused.items():
        if _asked(request, member):
            raise not_implemented(f"{member}: {what}; it")
    profiler = request.get("ProfilerConfig", {})
    if profiler and not profiler.get("DisableProfiler", False):
        raise not_implemented("ProfilerConfig: Debugger's profiler; set DisableProfiler; it")
    algorithm = request.get("AlgorithmSpecification", {})
    scripted = "sagemaker_program" in request.get("HyperParameters", {}) or "ContainerEntrypoint" in algorithm
    if repository(algorithm.get("TrainingImage", "")) in XGBOOST and not scripted:
        raise not_implemented("XGBoost's built-in algorithm; give the image a script, sagemaker_program; it")


def without_effect(job: Record) -> str:
    """The line that tells which of a job's members do nothing here, if any."""
    found = [member for member in WITHOUT_EFFECT if _asked(job, member)]
    return f"[tidegate] without effect on the local SageMaker: {', '.join(found)}" if found else ""


def _asked(request: Record, member: str) -> Any:
    value: Any = request
    for name in member.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
