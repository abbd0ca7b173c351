"""What is plugged into MiniStack, one line a plug.

Each module has `install()`, and `stop()` where it holds processes that must end with the server.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

PLUGS = (
    "infra.local.buckets",
    "infra.local.object_versions",
    "infra.local.resource_types",
    "infra.local.custom_resources",
    "infra.local.function_errors",
    "infra.local.embedded_metrics",
    "infra.local.alarms",
    "infra.local.redrive",
    "infra.local.delivery",
    "infra.local.schedules",
    "infra.local.refusals",
    "infra.local.glue_names",
    "infra.local.sagemaker.plug",
    "infra.local.athena.plug",
    "infra.local.iam.plug",  # last: it guards what the others deliver
)


def install() -> list[ModuleType]:
    """Plug everything in, in the order of the table, and return the modules."""
    plugs = [import_module(name) for name in PLUGS]
    for plug in plugs:
        plug.install()
    return plugs
