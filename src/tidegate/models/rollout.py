"""What SageMaker is asked for when a version goes into service: model, configuration, canary and alarms."""

from __future__ import annotations

from typing import Any

from tidegate.models.run import resource_name, version_name
from tidegate.settings import Setting

VARIANT = "AllTraffic"  # the alarms watch the variant of this name; an update must keep it
INSTANCES = 2  # a canary is at most half of an endpoint's instances
CANARY_PERCENT = 50
CANARY_SECONDS = 120
TERMINATION_SECONDS = 60
LONGEST_SECONDS = 3600


def create_model(
    name: str, image: str, model_data: str, role: str, environment: dict[str, str]
) -> dict[str, Any]:
    """The request of `sagemaker:CreateModel`. It is not isolated: a prediction reads the lookup table."""
    return {
        "ModelName": name,
        "ExecutionRoleArn": role,
        "PrimaryContainer": {"Image": image, "ModelDataUrl": model_data, "Environment": environment},
    }


def container_settings(
    *,
    environment: str,
    model: str,
    version: int,
    sha256: str,
    lookup_table: str,
    artefact_bucket: str,
    region: str,
) -> dict[str, str]:
    """What the endpoint's container reads."""
    return {
        Setting.ENVIRONMENT.value: environment,
        Setting.MODEL_NAME.value: model,
        Setting.MODEL_VERSION.value: str(version),
        Setting.MODEL_SHA256.value: sha256,
        Setting.LOOKUP_TABLE.value: lookup_table,
        Setting.ARTEFACT_BUCKET.value: artefact_bucket,
        "AWS_DEFAULT_REGION": region,
    }


def create_endpoint_config(name: str, instance_type: str) -> dict[str, Any]:
    """The request of `sagemaker:CreateEndpointConfig`; it has the name of the model that it serves."""
    variant = {
        "VariantName": VARIANT,
        "ModelName": name,
        "InstanceType": instance_type,
        "InitialInstanceCount": INSTANCES,
        "InitialVariantWeight": 1.0,
    }
    return {"EndpointConfigName": name, "ProductionVariants": [variant]}


def deployment_config(environment: str, model: str) -> dict[str, Any]:
    """How an update shifts traffic, and the alarms that take it back."""
    alarms = [f"{resource_name(environment, model)}-{kind}" for kind in ("errors", "latency")]
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": "CANARY",
                "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": CANARY_PERCENT},
                "WaitIntervalInSeconds": CANARY_SECONDS,
            },
            "TerminationWaitInSeconds": TERMINATION_SECONDS,
            "MaximumExecutionTimeoutInSeconds": LONGEST_SECONDS,
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in alarms]},
    }


def prepare(
    *,
    environment: str,
    model: str,
    version: int,
    package_arn: str,
    sha256: str,
    image: str,
    model_data: str,
    role: str,
    lookup_table: str,
    artefact_bucket: str,
    region: str,
    instance_type: str,
    exists: bool,
) -> dict[str, Any]:
    """Everything that the deployment machine needs."""
    name = version_name(environment, model, version)
    told = container_settings(
        environment=environment,
        model=model,
        version=version,
        sha256=sha256,
        lookup_table=lookup_table,
        artefact_bucket=artefact_bucket,
        region=region,
    )
    return {
        "model": model,
        "version": version,
        "package_arn": package_arn,
        "model_name": name,
        "endpoint": resource_name(environment, model),
        "create_model": create_model(name, image, model_data, role, told),
        "create_endpoint_config": create_endpoint_config(name, instance_type),
        "exists": exists,
        "deployment_config": deployment_config(environment, model),
    }
