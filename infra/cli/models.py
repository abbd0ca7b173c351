"""`tidegate models`: the versions of a model, their metrics, and which one serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.cli import place, registry
from infra.cli.answer import Answer, counted, grid
from tidegate.find import model as find_model
from tidegate.find import models

if TYPE_CHECKING:
    import argparse

    from infra.cli.screen import Screen

METRICS = ("auc", "one_feature_auc", "log_loss", "base_rate_log_loss", "brier")


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("model", nargs="?", default="", help="default: all")


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """List them."""
    where = place.find(args.environment)
    data = [of(where, name) for name in ([find_model(args.model).name] if args.model else models())]
    rows = [
        (
            one["model"],
            version["version"],
            version["status"],
            "serves" if one["endpoint"] and one["endpoint"]["version"] == version["version"] else "",
            version["created"],
            ", ".join(f"{name} {value}" for name, value in version["metrics"].items()),
        )
        for one in data
        for version in one["versions"]
    ]
    columns = ("model", "version", "status", "endpoint", "registered", "metrics")
    return Answer(data, lambda: grid(counted(len(rows), "version"), columns, rows))


def of(where: place.Place, model: str) -> dict[str, Any]:
    """One model's versions and endpoint."""
    found = registry.versions(where, model)
    return {
        "model": model,
        "endpoint": registry.endpoint(where, model),
        "versions": [
            {
                "version": one.version,
                "status": one.status,
                "created": one.created,
                "package_arn": one.arn,
                "metrics": {name: one.told[name] for name in METRICS if name in one.told},
                "metadata": dict(one.told),
            }
            for one in found
        ],
    }
