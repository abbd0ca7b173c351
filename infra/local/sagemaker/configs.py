"""Endpoint configurations: what AWS refuses of them is refused, and what is not done here is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.sagemaker.captures import enabled
from infra.local.sagemaker.faults import invalid, not_implemented
from infra.local.sagemaker.named import Named

if TYPE_CHECKING:
    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.models import Models
    from infra.local.sagemaker.store import Record

NOT_HERE = ("ExplainerConfig", "VpcConfig", "MetricsConfig")
NOT_OF_A_VARIANT = (
    "AcceleratorType",
    "CapacityReservationConfig",
    "CoreDumpConfig",
    "EnableSSMAccess",
    "InstancePools",
    "ManagedInstanceScaling",
    "VariantInstanceProvisionTimeoutInSeconds",
)
MEMORY_STEP = 1024


class EndpointConfigs(Named):
    """CreateEndpointConfig and its companions."""

    noun, word = "endpoint-config", "EndpointConfig"

    def __init__(self, parts: Parts, models: Models) -> None:
        super().__init__(parts)
        self._models = models

    def create(self, request: Record) -> Record:
        """CreateEndpointConfig."""
        for member in NOT_HERE:
            if request.get(member):
                raise not_implemented(member)
        shadows = request.get("ShadowProductionVariants", [])
        variants = request["ProductionVariants"]
        for variant in [*variants, *shadows]:
            _check_variant(variant)
            self._models.get(variant["ModelName"])
        _check_names([*variants, *shadows])
        if not sum(variant.get("InitialVariantWeight", 1.0) for variant in variants):
            raise invalid("The weights of all production variants are 0: at least one must be greater")
        if any("ServerlessConfig" in variant for variant in [*variants, *shadows]):
            self._check_serverless(request)
        if shadows:
            _check_shadows(request)
        _check_places(request)
        for member in ("ProductionVariants", "ShadowProductionVariants"):
            if member in request:
                request[member] = [_with_defaults(variant) for variant in request[member]]
        return self.keep(request)

    def _check_serverless(self, request: Record) -> None:
        """https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html, feature exclusions."""
        excluded = {
            "multiple production variants": len(request["ProductionVariants"]) > 1,
            "shadow variants": bool(request.get("ShadowProductionVariants")),
            "data capture": enabled(request) is not None,
            "asynchronous inference": "AsyncInferenceConfig" in request,
            "network isolation": request.get("EnableNetworkIsolation", False)
            or any(
                self._models.get(variant["ModelName"]).get("EnableNetworkIsolation", False)
                for variant in request["ProductionVariants"]
            ),
        }
        for feature, asked in excluded.items():
            if asked:
                raise invalid(f"A serverless endpoint does not support {feature}")


def _check_variant(variant: Record) -> None:
    name = variant["VariantName"]
    if "ModelName" not in variant:
        raise not_implemented(f"Variant {name} without ModelName, for inference components,")
    for member in NOT_OF_A_VARIANT:
        if variant.get(member):
            raise not_implemented(f"{member} of variant {name}")
    strategy = variant.get("RoutingConfig", {}).get("RoutingStrategy", "LEAST_OUTSTANDING_REQUESTS")
    if strategy != "LEAST_OUTSTANDING_REQUESTS":
        raise not_implemented(f"RoutingStrategy {strategy} of variant {name}")
    if "ServerlessConfig" in variant:
        _check_serverless_variant(name, variant)
    elif "InstanceType" not in variant:
        raise invalid(f"Variant {name} needs an InstanceType, or a ServerlessConfig")


def _check_serverless_variant(name: str, variant: Record) -> None:
    serverless = variant["ServerlessConfig"]
    for member in ("InstanceType", "InitialInstanceCount"):
        if member in variant:
            raise invalid(f"Variant {name}: {member} cannot be given together with ServerlessConfig")
    if serverless["MemorySizeInMB"] % MEMORY_STEP:
        raise invalid(f"Variant {name}: MemorySizeInMB must be a multiple of {MEMORY_STEP}, up to 6144")
    if serverless.get("ProvisionedConcurrency", 0) > serverless["MaxConcurrency"]:
        raise invalid(f"Variant {name}: ProvisionedConcurrency must be at most MaxConcurrency")


def _check_names(variants: list[Record]) -> None:
    names = [variant["VariantName"] for variant in variants]
    if len(set(names)) < len(names):
        raise invalid(f"Variant names must be unique: {', '.join(names)}")


def _check_shadows(request: Record) -> None:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-exclusions.html"""
    if len(request["ProductionVariants"]) > 1 or len(request["ShadowProductionVariants"]) > 1:
        raise invalid("With ShadowProductionVariants there is one production variant and one shadow variant")
    if "AsyncInferenceConfig" in request:
        raise invalid("An asynchronous endpoint does not support shadow variants")


def _check_places(request: Record) -> None:
    """Whether captures and asynchronous answers have somewhere to go."""
    if "AsyncInferenceConfig" in request:
        if enabled(request):
            raise not_implemented("Data capture of an asynchronous endpoint")
        if len(request["ProductionVariants"]) > 1:
            raise not_implemented("An asynchronous endpoint of several variants")
        _check_asynchronous(request["AsyncInferenceConfig"]["OutputConfig"])
    capture = enabled(request) or {}
    output = request.get("AsyncInferenceConfig", {}).get("OutputConfig", {})
    for member, place in (
        ("DestinationS3Uri", capture.get("DestinationS3Uri")),
        ("S3OutputPath", output.get("S3OutputPath")),
        ("S3FailurePath", output.get("S3FailurePath")),
    ):
        if place and not place.startswith("s3://"):
            raise not_implemented(f"{member} {place}: an address that is not s3://")


def _check_asynchronous(output: Record) -> None:
    if "S3OutputPath" not in output:
        raise not_implemented("An asynchronous endpoint without S3OutputPath")
    if output.get("NotificationConfig", {}).get("IncludeInferenceResponseIn"):
        raise not_implemented("IncludeInferenceResponseIn")


def _with_defaults(variant: Record) -> Record:
    counted = {} if "ServerlessConfig" in variant else {"InitialInstanceCount": 1}
    return {"InitialVariantWeight": 1.0, **counted, **variant}
