"""How an endpoint is shown: in descriptions, and in SageMaker's events in their own spelling.

https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html:
statuses in capitals, times in milliseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.local.sagemaker import captures

if TYPE_CHECKING:
    from collections.abc import Iterable

    from infra.local.sagemaker.fleet import AnyVariant, Fleet
    from infra.local.sagemaker.store import Record

ENDPOINT_EVENT = "SageMaker Endpoint State Change"
_SPELLED = {
    "InService": "IN_SERVICE",
    "RollingBack": "ROLLING_BACK",
    "SystemUpdating": "SYSTEM_UPDATING",
    "UpdateRollbackFailed": "UPDATE_ROLLBACK_FAILED",
}


def in_milliseconds(value: Any) -> Any:
    """A description as an event shows it: every time in whole milliseconds."""
    if isinstance(value, list):
        return [in_milliseconds(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: round(item * 1000)
        if name.endswith(("Time", "Timestamp")) and isinstance(item, int | float)
        else in_milliseconds(item)
        for name, item in value.items()
    }


def endpoint_detail(endpoint: Record) -> Record:
    """The detail of the event that says what an endpoint has become."""
    status = endpoint["EndpointStatus"]
    return {
        **endpoint,
        "EndpointStatus": _SPELLED.get(status, status.upper()),
        "CreationTime": endpoint["CreationTime"] * 1000,
        "LastModifiedTime": endpoint["LastModifiedTime"] * 1000,
        "Tags": {},
    }


def shown_fleet(fleet: Fleet) -> Record:
    """What a description tells of the fleet in service."""
    said: Record = {"ProductionVariants": _shown(fleet.variants.values())}
    if fleet.shadows:
        said["ShadowProductionVariants"] = _shown(fleet.shadows.values())
    if capture := captures.enabled(fleet.config):
        said["DataCaptureConfig"] = captures.shown(capture)
    if "AsyncInferenceConfig" in fleet.config:
        said["AsyncInferenceConfig"] = fleet.config["AsyncInferenceConfig"]
    return said


def _shown(variants: Iterable[AnyVariant]) -> list[Record]:
    return [
        {
            "VariantName": variant.name,
            "CurrentWeight": variant.weight,
            "DesiredWeight": variant.weight,
            "DesiredInstanceCount": variant.record.get("InitialInstanceCount", 0),
            **variant.shown(),
        }
        for variant in variants
    ]
