"""Follow the deployment that a fact starts, to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.cli import machines
from tidegate.errors import Refused
from tidegate.settings import Setting

if TYPE_CHECKING:
    from infra.cli.place import Place
    from infra.cli.screen import Screen
    from tidegate.facts import ModelApproved, RollbackRequested

START_SECONDS = 120.0
WHOLE_SECONDS = 8 * 3600.0  # as long as the machine itself may take


def known(where: Place) -> set[str]:
    """The deployments that there are before one is asked for."""
    return {one.name for one in machines.executions(where, Setting.DEPLOYMENT_MACHINE_ARN)}


def followed(
    where: Place, fact: ModelApproved | RollbackRequested, before: set[str], screen: Screen
) -> dict[str, Any]:
    """What came of the deployment that `fact` starts.

    Raises:
        Mistake: it failed, or was taken back.
        Refused: another version was approved later, and goes in instead.
        Transient: it did not start, or did not end in time.
    """

    def ours(started_with: dict[str, Any]) -> bool:
        detail = started_with.get("detail", {})
        same = (detail.get("model"), detail.get("version")) == (fact.model, fact.version)
        return same and started_with.get("detail-type") == fact.name()

    machine = Setting.DEPLOYMENT_MACHINE_ARN
    started = machines.wait_for(where, machine, before, START_SECONDS, ours)
    came = machines.follow(where, started, lambda state: screen.step(f"  {state}"), WHOLE_SECONDS)
    if came.get("outcome") == "superseded":
        next_step = f"If it is wanted still: tidegate promote {fact.model} {fact.version}"
        raise Refused(f"model {fact.model}", came["reason"], next_step)
    return came
