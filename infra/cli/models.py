"""`tidegate models`: the versions of a model, which one serves, and what came of its latest trainings."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from infra.cli import place, registry
from infra.cli.answer import Answer, counted, grid, minute
from infra.cli.outcomes import in_words, outcomes
from tidegate.find import model as find_model
from tidegate.find import models
from tidegate.settings import Setting

if TYPE_CHECKING:
    import argparse

    from rich.console import RenderableType

    from infra.cli.screen import Screen

TRAININGS = 5
METRICS = (
    "auc",
    "one_feature_auc",
    "log_loss",
    "base_rate_log_loss",
    "brier",
    "perplexity",
    "bigram_perplexity",
)
SHOWN = ("auc", "log_loss", "perplexity")


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("model", nargs="?", default="", help="default: all")


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """List them."""
    where = place.find(args.environment)
    data = [of(where, name) for name in ([find_model(args.model).name] if args.model else models())]
    return Answer(data, lambda: _view(data))


def _view(data: list[dict[str, Any]]) -> RenderableType:
    from rich.console import Group

    versions = [
        (
            one["model"],
            version["version"],
            "Pending" if version["status"] == registry.PENDING else version["status"],
            _standing(one, version),
            minute(version["created"]),
            ", ".join(
                f"{name.replace('_', ' ')} {float(version['metrics'][name]):.3f}"
                for name in SHOWN
                if name in version["metrics"]
            ),
        )
        for one in data
        for version in one["versions"]
    ]
    columns = ("model", "version", "status", "endpoint", "registered (UTC)", "metrics")
    runs = [
        (training["name"], training["cause"], minute(training["started"]), in_words(training))
        for one in data
        for training in one["trainings"]
    ]
    return Group(
        grid(
            f"{counted(len(versions), 'version')}; one of them whole: tidegate model MODEL:VERSION",
            columns,
            versions,
        ),
        grid("the latest trainings", ("run", "cause", "started (UTC)", "outcome"), runs),
    )


def _standing(one: dict[str, Any], version: dict[str, Any]) -> str:
    endpoint = one["endpoint"]
    shift = (endpoint or {}).get("shift", {})
    if shift.get("version") == version["version"]:
        return f"is on its way in: {shift['percent']} % of the requests"
    if endpoint and endpoint["version"] == version["version"]:
        return f"serves, and is idle: {one['idle']}" if one["idle"] else "serves"
    if version["status"] == registry.PENDING:
        return f"waits → tidegate approve {one['model']} {version['version']}"
    return f"was taken back: {version['taken_back']}" if version["taken_back"] else ""


def of(where: place.Place, model: str) -> dict[str, Any]:
    """One model's versions, endpoint and latest trainings."""
    found, record = registry.versions(where, model), registry.record(where, model)
    taken = {one.version: one.reason for one in record.taken_back}
    return {
        "model": model,
        "endpoint": registry.endpoint(where, model),
        "idle": record.idle,
        "versions": [
            {
                "version": one.version,
                "status": one.status,
                "created": one.created,
                "package_arn": one.arn,
                "metrics": {name: one.told[name] for name in METRICS if name in one.told},
                "metadata": dict(one.told),
                "taken_back": taken.get(one.version, ""),
            }
            for one in found
        ],
        "trainings": [
            asdict(one) for one in outcomes(where, Setting.TRAINING_MACHINE_ARN, model=model, most=TRAININGS)
        ],
    }
