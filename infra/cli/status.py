"""`tidegate status`: what runs, what is deployed, what has arrived, what is being trained and what serves."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from infra.cli import ledger, place, registry, stacks
from infra.cli.answer import Answer, Exit, grid, minute, said
from infra.cli.outcomes import in_words, outcomes
from tidegate.errors import NotFound
from tidegate.find import datasets, models
from tidegate.settings import Setting

if TYPE_CHECKING:
    import argparse

    from rich.console import RenderableType

    from infra.cli.screen import Screen


MACHINES = (Setting.TRAINING_MACHINE_ARN, Setting.DEPLOYMENT_MACHINE_ARN)


def configure(_parser: argparse.ArgumentParser) -> None:
    """No options of its own."""


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """Look, and tell."""
    try:
        where = place.find(args.environment)
        if told := stacks.in_part(where, states := stacks.of(where)):
            answer = said(told, running=True, stacks=states)
            return Answer(answer.data, answer.view, Exit.WANTING)
        where.settings  # noqa: B018 - raises NotFound while nothing is deployed
    except NotFound as error:
        answer = said(f"{error.where}: {error.what}. {error.next_step}", running=False)
        return Answer(answer.data, answer.view, Exit.WANTING)
    sums = ledger.by_dataset(ledger.files(where))
    data = {
        "running": True,
        "environment": where.environment,
        "address": where.address,
        "api": where.settings[Setting.API_URL],
        "datasets": {name: sums.get(name, {}) for name in sorted({*datasets(), *sums})},
        "executions": [asdict(one) for machine in MACHINES for one in outcomes(where, machine)],
        "endpoints": {name: registry.endpoint(where, name) for name in models()},
        "idle": {name: idle for name in models() if (idle := registry.record(where, name).idle)},
    }
    return Answer(data, lambda: _view(data))


def _view(data: dict[str, Any]) -> RenderableType:
    from rich.console import Group

    datasets = data["datasets"]
    seldom = [one for one in ("changed", "discarded") if any(row.get(one) for row in datasets.values())]
    numbers = ("files", "refused", "landed", "published", "quarantined", *seldom)
    rows = [(name, *(row.get(number, 0) for number in numbers)) for name, row in datasets.items()]
    runs = [
        (one["machine"].rpartition("-")[2], one["model"], minute(one["started"]), in_words(one))
        for one in data["executions"]
    ]
    ends = [
        (name, one["name"], _shifting(one), one["version"], data["idle"].get(name, ""))
        if one
        else (name, "", "none", None, data["idle"].get(name, ""))
        for name, one in data["endpoints"].items()
    ]
    return Group(
        f"{data['environment']} at {data['address']}, predictions at {data['api']}",
        grid("arrived: files, those refused whole, and rows", ("dataset", *numbers), rows),
        grid("the latest trainings and deployments", ("machine", "model", "started (UTC)", "outcome"), runs),
        grid("in service", ("model", "endpoint", "status", "version", "idle"), ends),
    )


def _shifting(endpoint: dict[str, Any]) -> str:
    """An endpoint's status, with the version that is on its way in at our front."""
    shift = endpoint.get("shift")
    if not shift:
        return str(endpoint["status"])
    copies = f", copies of {shift['copies']} %" if shift["copies"] else ""
    return f"{endpoint['status']}; version {shift['version']} has {shift['percent']} %{copies}"
