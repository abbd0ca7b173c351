"""The endpoints of one model, and those among them that nothing needs any more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tidegate.models.run import resource_name, version_name

if TYPE_CHECKING:
    from datetime import datetime

    from tidegate.models.in_service import InService

SETTLED = ("InService", "Failed")  # any other cannot be deleted now


def endpoints_of(sagemaker: Any, environment: str, model: str) -> dict[str, str]:
    """The endpoints of a model, its own name's and its versions', with their status."""
    name = resource_name(environment, model)
    ours = re.compile(rf"{re.escape(name)}(-v\d+)?")
    pages = sagemaker.get_paginator("list_endpoints").paginate(NameContains=name)
    listed = [one for page in pages for one in page["Endpoints"]]
    return {
        one["EndpointName"]: one["EndpointStatus"] for one in listed if ours.fullmatch(one["EndpointName"])
    }


def leftovers(sagemaker: Any, environment: str, record: InService, now: datetime) -> list[str]:
    """Those that answer nobody: not the version in service, not the one before, not one on its way in.

    Instances on which the version before served are no way back: it would get an endpoint of its own.
    """
    before = [one.version for one in record.served if one.version != record.version][-1:]
    own = (*before, record.shifting(now))
    kept = {version_name(environment, record.model, version) for version in own}
    kept.add(record.endpoint(environment))
    found = endpoints_of(sagemaker, environment, record.model)
    return sorted(name for name, status in found.items() if status in SETTLED and name not in kept)
