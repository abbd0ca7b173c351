"""What came of trainings and deployments: registered, refused, failed, lost to a stop, or still running."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from infra.cli import registry
from infra.cli.failures import why
from infra.cli.machines import executions, states_entered
from tidegate.models.run import hyphens
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from infra.cli.machines import Execution
    from infra.cli.place import Place

RESTARTED = "States.ServiceRestart"  # what the local cloud writes where AWS's executions would live on
ROLLED_BACK = "RolledBack"  # how the deployment machine fails when a roll-out was taken back


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One execution of a machine, as far as it came."""

    machine: str
    name: str
    model: str
    status: str
    started: str
    cause: str  # what started it
    outcome: str  # registered, refused, deployed, superseded, rolled back, failed, lost, running, ended
    said: str  # the outcome in words
    version: int | None = None
    reasons: tuple[str, ...] = ()
    next_step: str = ""  # what to type, where something is to be done


def outcomes(place: Place, machine: Setting, *, model: str = "", most: int = 5) -> list[Outcome]:
    """The latest executions of `machine`, all or of one model, the latest first."""
    found: list[Outcome] = []
    for execution in executions(place, machine):
        if len(found) == most:
            break
        if machine is Setting.TRAINING_MACHINE_ARN and not execution.name.startswith(hyphens(model)):
            continue
        one = _outcome(place, machine, execution)
        if model in ("", one.model):
            found.append(one)
    return [_unless_it_serves(place, one) for one in _only_the_latest_asks(found)]


def running(place: Place) -> list[Execution]:
    """Every training and deployment that has not ended."""
    machines = (Setting.TRAINING_MACHINE_ARN, Setting.DEPLOYMENT_MACHINE_ARN)
    return [one for machine in machines for one in executions(place, machine) if one.running]


def in_words(told: Mapping[str, str]) -> str:
    """An outcome's line on the screen, with what to type where something is to be done."""
    return " → ".join(filter(None, (told["said"], told["next_step"])))


def _outcome(place: Place, machine: Setting, execution: Execution) -> Outcome:
    told = place.client("stepfunctions").describe_execution(executionArn=execution.arn)
    asked = json.loads(told["input"])
    training = machine is Setting.TRAINING_MACHINE_ARN
    detail = asked if training else asked.get("detail", {})
    one = Outcome(
        machine=execution.machine,
        name=execution.name,
        model=detail.get("model", ""),
        status=told["status"],
        started=execution.started,
        cause=_cause(asked.get("cause", {})) if training else asked.get("detail-type", ""),
        outcome="running",
        said="",
        version=None if training else detail.get("version"),
    )
    if execution.running:
        return replace(one, said=f"running: {(states_entered(place, execution) or ['not begun'])[-1]}")
    if told["status"] == "SUCCEEDED":
        output = json.loads(told.get("output") or "{}")
        return _ended(one, output) if training else _deployed(one, output)
    state = (states_entered(place, execution) or [""])[-1] if training else ""
    return _failed(one, told.get("error", ""), told.get("cause", ""), state)


def _cause(cause: Mapping[str, Mapping[str, Mapping[str, str]]]) -> str:
    return f"{cause.get('kind', '')} {cause.get('event', {}).get('detail', {}).get('dataset', '')}".strip()


def _ended(one: Outcome, output: Mapping[str, int | str | list[str]]) -> Outcome:
    """A training that came to its end; what it writes there is the machine's `Output`."""
    if output.get("outcome") == "registered":
        version = int(str(output["version"]))
        return replace(one, outcome="registered", said=f"registered as version {version}", version=version)
    if output.get("outcome") == "refused":
        given = output["reasons"]
        reasons = tuple(given) if isinstance(given, list) else (str(given),)
        return replace(one, outcome="refused", said=f"refused: {'; '.join(reasons)}", reasons=reasons)
    return replace(one, outcome="ended", said="ended, and did not say how")


def _deployed(one: Outcome, output: Mapping[str, int | str]) -> Outcome:
    """A deployment that came to its end: a roll-out, or the way back that somebody asked for."""
    if "back_to" in output:
        reason = str(output["reason"])
        said = f"version {output['version']} left, version {output['back_to']} answers: {reason}"
        return replace(one, outcome="rolled back", said=said, reasons=(reason,))
    if output.get("outcome") == "superseded":
        reason = str(output["reason"])
        return replace(one, outcome="superseded", said=f"superseded: {reason}", reasons=(reason,))
    if output.get("outcome") == "already back":
        return replace(one, outcome="rolled back", said=f"version {output['version']} answers again")
    return replace(one, outcome="deployed", said=f"version {one.version} was deployed")


def _failed(one: Outcome, error: str, cause: str, state: str) -> Outcome:
    """A training failed in that state; a deployment names it in its error."""
    again = f"tidegate train {one.model}" if state else f"tidegate approve {one.model} {one.version}"
    if error == RESTARTED:
        said = "lost: the local cloud was stopped meanwhile"
        return replace(one, outcome="lost", said=said, reasons=(said,), next_step=again)
    if error == ROLLED_BACK:
        return replace(one, outcome="rolled back", said=f"rolled back: {cause}", reasons=(cause,))
    reason = why(error, cause, state) or one.status
    return replace(one, outcome="failed", said=f"failed: {reason}", reasons=(reason,), next_step=again)


def _unless_it_serves(place: Place, one: Outcome) -> Outcome:
    """A lost roll-out may have come far enough: SageMaker finishes an endpoint without the machine."""
    if one.version is None or not one.next_step or not registry.serves(place, one.model, one.version):
        return one
    return replace(one, next_step="", said=f"{one.said}; version {one.version} serves all the same")


def _only_the_latest_asks(found: Iterable[Outcome]) -> list[Outcome]:
    """Of a model's executions, latest first, the older ones need nothing done any more."""
    seen: set[tuple[str, str]] = set()
    kept = []
    for one in found:
        kept.append(replace(one, next_step="") if (one.machine, one.model) in seen else one)
        seen.add((one.machine, one.model))
    return kept
