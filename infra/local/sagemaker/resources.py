"""The ARN that IAM checks each SageMaker request against.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# a member of the request, and the kind of ARN that it names
_NAMED = {
    "TrainingJobName": "training-job",
    "ProcessingJobName": "processing-job",
    "TransformJobName": "transform-job",
    "HyperParameterTuningJobName": "hyper-parameter-tuning-job",
    "EndpointName": "endpoint",
    "EndpointConfigName": "endpoint-config",
    "ModelName": "model",
    "ModelPackageName": "model-package",
    "ModelPackageGroupName": "model-package-group",
    "PipelineName": "pipeline",
    "ActionName": "action",
    "ContextName": "context",
    "TrialComponentName": "experiment-trial-component",
    "TrialName": "experiment-trial",
    "ExperimentName": "experiment",
    "ModelCardName": "model-card",
    "TrackingServerName": "mlflow-tracking-server",
}
_GIVEN = ("ResourceArn", "ModelPackageArn", "PipelineExecutionArn", "PipelineArn", "ArtifactArn")
# lists of what belongs to one resource, which IAM knows
_LISTED_OF_ONE = (
    "ListTags",
    "ListPipelineExecutions",
    "ListPipelineExecutionSteps",
    "ListPipelineParametersForExecution",
    "ListModelCardVersions",
)
_INVOCATION = re.compile(r"/endpoints/([^/]+)/(invocations|async-invocations|invocations-response-stream)")


def resource_arn(path: str, headers: Mapping[str, str], body: bytes, region: str, account: str) -> str:
    """The resource of a request; `*` for operations that have none, such as lists."""
    prefix = f"arn:aws:sagemaker:{region}:{account}:"
    if found := _INVOCATION.fullmatch(path):
        return f"{prefix}endpoint/{found[1]}"
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return "*"
    return _named(prefix, headers.get("x-amz-target", "").rpartition(".")[2], request)


def _named(prefix: str, operation: str, request: dict[str, Any]) -> str:
    if operation.startswith("List") and operation not in _LISTED_OF_ONE:
        return "*"
    for member in _GIVEN:
        if request.get(member):
            return str(request[member])
    if operation == "CreateModelPackage" and request.get("ModelPackageGroupName"):
        # its own version is not known yet: AWS checks the package's ARN below its group
        return f"{prefix}model-package/{request['ModelPackageGroupName']}/*"
    for member, kind in _NAMED.items():
        if name := request.get(member):
            return str(name) if str(name).startswith("arn:") else f"{prefix}{kind}/{name}"
    return "*"
