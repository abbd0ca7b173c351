"""What is plugged into MiniStack, one line a plug.

Each module has `install()`, and `stop()` where it holds processes that must end with the server.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

PLUGS = (
    "infra.local.ministack.buckets",
    "infra.local.ministack.object_versions",
    "infra.local.ministack.object_ranges",
    "infra.local.ministack.resource_types",
    "infra.local.ministack.custom_resources",
    "infra.local.ministack.function_errors",
    "infra.local.ministack.function_turns",
    "infra.local.ministack.embedded_metrics",
    "infra.local.ministack.alarms",
    "infra.local.ministack.redrive",
    "infra.local.ministack.executions",
    "infra.local.ministack.delivery",
    "infra.local.ministack.schedules",
    "infra.local.ministack.refusals",
    "infra.local.ministack.glue_names",
    "infra.local.ministack.nearest_items",
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
