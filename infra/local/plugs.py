"""What is plugged into MiniStack, one line a plug: each module has `install()`, and `stop()` where it holds processes."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

PLUGS = (
    "infra.local.buckets",
    "infra.local.resource_types",
    "infra.local.custom_resources",
    "infra.local.function_errors",
    "infra.local.embedded_metrics",
    "infra.local.alarms",
    "infra.local.redrive",
    "infra.local.sagemaker.plug",
    "infra.local.athena.plug",
    "infra.local.iam.plug",
)


def install() -> list[ModuleType]:
    """Plug everything in, in the order of the table, and return the modules."""
    plugs = [import_module(name) for name in PLUGS if _exists(name)]
    for plug in plugs:
        plug.install()
    return plugs


def _exists(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False
