"""What an endpoint's variants are wanted to be, where that is no longer what their configuration says.

`UpdateEndpointWeightsAndCapacities` and autoscaling change it, and an update may retain it. It is kept with
the endpoint in the words of the API: name to DesiredWeight, DesiredInstanceCount, ServerlessUpdateConfig.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.sagemaker.faults import invalid

if TYPE_CHECKING:
    from infra.local.sagemaker.store import Record

MEMBERS = ("ProductionVariants", "ShadowProductionVariants")
RETAINED = {"DesiredInstanceCount": "InitialInstanceCount", "DesiredWeight": "InitialVariantWeight"}


def effective(config: Record, changed: Record) -> Record:
    """An endpoint configuration with what was `changed` of it: `variants`, and perhaps `capture`."""
    desired = changed.get("variants", {})
    made = {
        member: [_applied(variant, desired.get(variant["VariantName"], {})) for variant in config[member]]
        for member in MEMBERS
        if member in config
    }
    capture = {"DataCaptureConfig": changed["capture"]} if "capture" in changed else {}
    return {**config, **made, **capture}


def merged(changed: Record, wanted: list[Record]) -> Record:
    """What is changed after a request for other weights and capacities."""
    variants = dict(changed.get("variants", {}))
    for each in wanted:
        name = each["VariantName"]
        variants[name] = {**variants.get(name, {}), **each}
    return {**changed, "variants": variants}


def retained(request: Record, current: Record, config: Record) -> Record:
    """What an update takes over from the `current` effective configuration into that of `config`."""
    if not request.get("RetainAllVariantProperties"):
        return {}
    excluded = {each["VariantPropertyType"] for each in request.get("ExcludeRetainedVariantProperties", [])}
    before = {variant["VariantName"]: variant for variant in _variants(current)}
    changed: Record = {
        "variants": {
            name: {
                wanted: before[name][initial]
                for wanted, initial in RETAINED.items()
                if wanted not in excluded and initial in before[name]
            }
            for variant in _variants(config)
            if (name := variant["VariantName"]) in before and "ServerlessConfig" not in variant
        }
    }
    if "DataCaptureConfig" not in excluded and "DataCaptureConfig" in current:
        changed["capture"] = current["DataCaptureConfig"]
    return changed


def check(config: Record, wanted: list[Record]) -> None:
    """Refuse weights and capacities that the variants of an effective configuration cannot have.

    Raises:
        ApiError: they cannot.
    """
    known = {variant["VariantName"]: variant for variant in _variants(config)}
    for each in wanted:
        name = each["VariantName"]
        if name not in known:
            raise invalid(f"Variant {name} does not exist on this endpoint; it has {', '.join(known)}")
        serverless = "ServerlessConfig" in known[name]
        if serverless and "DesiredInstanceCount" in each:
            raise invalid(f"Variant {name} is serverless and has no instance count")
        if not serverless and "ServerlessUpdateConfig" in each:
            raise invalid(f"Variant {name} is not serverless: ServerlessUpdateConfig does not apply")
        if each.get("DesiredInstanceCount", 1) < 1 and "AsyncInferenceConfig" not in config:
            raise invalid(f"DesiredInstanceCount of variant {name} must be at least 1")
    after = effective(config, merged({}, wanted))
    for variant in after["ProductionVariants"]:
        serverless = variant.get("ServerlessConfig", {})
        if serverless.get("ProvisionedConcurrency", 0) > serverless.get("MaxConcurrency", 0):
            raise invalid("ProvisionedConcurrency must be at most MaxConcurrency")
    if not sum(variant["InitialVariantWeight"] for variant in after["ProductionVariants"]):
        raise invalid("The weights of all production variants are 0: at least one must be greater")


def _variants(config: Record) -> list[Record]:
    return [variant for member in MEMBERS for variant in config.get(member, [])]


def _applied(variant: Record, desired: Record) -> Record:
    made = {initial: desired[wanted] for wanted, initial in RETAINED.items() if wanted in desired}
    if update := desired.get("ServerlessUpdateConfig"):
        made["ServerlessConfig"] = {**variant["ServerlessConfig"], **update}
    return {**variant, **made}
