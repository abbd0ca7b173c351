"""What SageMaker is asked for when a version goes into service: model, configuration, shift and alarms."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from tidegate.models.run import resource_name, version_name
from tidegate.models.ways import AllAtOnce, Canary, Linear, RealTime, Shadow, lasts
from tidegate.settings import Setting

if TYPE_CHECKING:
    from tidegate.models.ways import Rollout, Serving
    from tidegate.plan import ModelPlan

VARIANT = "AllTraffic"  # the alarms watch the variant of this name; an update must keep it
SHADOW = "Shadow"
SHADOWS = "-shadows-"  # in the name of a configuration in which a version is another one's shadow
LOOK_SECONDS = 15  # as often as the deployment machine looks
ALARMS = ("errors", "latency", "unwanted")
TERMINATION_SECONDS = 60
FOR_THE_INSTANCES = 3600  # seconds, beside those in which traffic shifts


@dataclass(frozen=True, kw_only=True)
class Version:
    """What the registry holds of one version."""

    version: int
    package_arn: str
    image: str
    model_data: str
    sha256: str  # of the ONNX file, as the gate registered it
    approved: bool = True


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where a version goes into service."""

    environment: str
    region: str
    role: str
    lookup_table: str
    artefact_bucket: str


def create_model(name: str, version: Version, role: str, environment: dict[str, str]) -> dict[str, Any]:
    """The request of `sagemaker:CreateModel`. It is not isolated: a prediction reads the lookup table."""
    container = {"Image": version.image, "ModelDataUrl": version.model_data, "Environment": environment}
    return {"ModelName": name, "ExecutionRoleArn": role, "PrimaryContainer": container}


def container_settings(model: str, version: Version, site: Site) -> dict[str, str]:
    """What the endpoint's container reads."""
    return {
        Setting.ENVIRONMENT.value: site.environment,
        Setting.MODEL_NAME.value: model,
        Setting.MODEL_VERSION.value: str(version.version),
        Setting.MODEL_SHA256.value: version.sha256,
        Setting.LOOKUP_TABLE.value: site.lookup_table,
        Setting.ARTEFACT_BUCKET.value: site.artefact_bucket,
        "AWS_DEFAULT_REGION": site.region,
    }


def create_endpoint_config(name: str, model: ModelPlan) -> dict[str, Any]:
    """The request of `sagemaker:CreateEndpointConfig`, for the SageMaker model of that name."""
    return _named(name, {"ProductionVariants": [_variant(VARIANT, name, model, 1.0)]})


def create_shadow_config(live: str, new: str, model: ModelPlan, rollout: Shadow) -> dict[str, Any]:
    """The same, in which the new version gets copies of the requests that the version in service answers."""
    variants = {
        "ProductionVariants": [_variant(VARIANT, live, model, 1.0)],
        "ShadowProductionVariants": [_variant(SHADOW, new, model, rollout.percent / 100)],
    }
    return _named(f"{new}{SHADOWS}v{live.rpartition('-v')[2]}", variants)


def _named(name: str, variants: dict[str, Any]) -> dict[str, Any]:
    """A configuration cannot be changed: one of other content has another name, which ends as `name` does."""
    said = sha256(json.dumps(variants, sort_keys=True).encode()).hexdigest()[:6]
    front, _, version = name.rpartition("-v")
    return {"EndpointConfigName": f"{front}-{said}-v{version}", **variants}


def _variant(name: str, model_name: str, model: ModelPlan, weight: float) -> dict[str, Any]:
    runs_on = _runs_on(model.serving, model.instance_type)
    return {"VariantName": name, "ModelName": model_name, **runs_on, "InitialVariantWeight": weight}


def _runs_on(serving: Serving, instance_type: str) -> dict[str, Any]:
    if isinstance(serving, RealTime):
        chosen = serving.instance_type or instance_type
        return {"InstanceType": chosen, "InitialInstanceCount": serving.instances}
    most = {"MemorySizeInMB": serving.memory_mb, "MaxConcurrency": serving.concurrency}
    return {"ServerlessConfig": most}


def deployment_config(environment: str, model: str, rollout: Rollout) -> dict[str, Any]:
    """How an update shifts traffic, and the alarms that take it back."""
    alarms = [f"{resource_name(environment, model)}-{kind}" for kind in ALARMS]
    after = rollout.seconds if isinstance(rollout, AllAtOnce) else TERMINATION_SECONDS
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": _routing(rollout),
            "TerminationWaitInSeconds": after,
            "MaximumExecutionTimeoutInSeconds": FOR_THE_INSTANCES + lasts(rollout),
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in alarms]},
    }


def straight_back() -> dict[str, Any]:
    """How an update goes back: at once, and whatever alarms say of the version that leaves."""
    routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": 0}}


def _routing(rollout: Rollout) -> dict[str, Any]:
    if not isinstance(rollout, Canary | Linear):
        return {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    size = {"Type": "CAPACITY_PERCENT", "Value": rollout.percent}
    told = {"WaitIntervalInSeconds": rollout.seconds}
    if isinstance(rollout, Canary):
        return {"Type": "CANARY", "CanarySize": size, **told}
    return {"Type": "LINEAR", "LinearStepSize": size, **told}


def prepare(
    model: ModelPlan, version: Version, site: Site, *, way: str, since: str = "", before: str = ""
) -> dict[str, Any]:
    """Everything that the deployment machine needs.

    Args:
        model: how it goes into service.
        version: what does.
        site: where.
        way: `create`, `update`, `shadow` (before an update) or `nothing`.
        since: when the roll-out began, in ISO 8601.
        before: the configuration in service, to which a shadow goes back.
    """
    name = version_name(site.environment, model.name, version.version)
    told = container_settings(model.name, version, site)
    prepared = {
        "model": model.name,
        "writes": model.writes,
        "version": version.version,
        "leaves": 0,
        "because": "",
        "package_arn": version.package_arn,
        "model_name": name,
        "endpoint": resource_name(site.environment, model.name),
        "create_model": create_model(name, version, site.role, told),
        "create_endpoint_config": create_endpoint_config(name, model),
        "way": way,
        "since": since,
        "deployment_config": deployment_config(site.environment, model.name, model.rollout),
    }
    if way != "shadow" or not isinstance(model.rollout, Shadow):
        return prepared
    live = version_name(site.environment, model.name, version_of(before))
    config = create_shadow_config(live, name, model, model.rollout)
    looks = max(1, model.rollout.seconds // LOOK_SECONDS)
    return {
        **prepared,
        "shadow": {"config": config, "looks": looks, "before": before, "end": straight_back()},
    }


def version_of(config: str) -> int:
    """The version that a configuration serves: its name ends with it."""
    return int(config.rpartition("-v")[2])
