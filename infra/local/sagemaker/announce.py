"""SageMaker's events about an endpoint, in their own spelling.

https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html:
statuses in capitals, times in milliseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.local.sagemaker.store import Record

ENDPOINT_EVENT = "SageMaker Endpoint State Change"
_SPELLED = {"InService": "IN_SERVICE", "RollingBack": "ROLLING_BACK", "SystemUpdating": "SYSTEM_UPDATING"}


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


def shown_variant(variant: Record) -> Record:
    """A variant of an endpoint as descriptions and events show it."""
    weight, count = variant.get("InitialVariantWeight", 1.0), variant.get("InitialInstanceCount", 1)
    return {
        "VariantName": variant["VariantName"],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
        "CurrentInstanceCount": count,
        "DesiredInstanceCount": count,
    }
