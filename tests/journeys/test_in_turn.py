"""Deployments of a model come one after the other: an aborted one blocks nothing, the last approval wins."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from infra.cli import deploying, machines, registry
from tests.clouds import eventually
from tests.journeys.candidates import MODEL, Made, register
from tests.journeys.test_nothing_bad_is_served import WAIT_SECONDS, left_as_found, nothing_in_service
from tidegate.settings import Setting

if TYPE_CHECKING:
    from infra.cli.machines import Execution
    from infra.cli.place import Place
    from tests.journeys.typed import Typed

__all__ = ["left_as_found"]  # the fixture
pytestmark = pytest.mark.journey


def begun(place: Place, cli: Typed, version: int) -> Execution:
    """Ask for a version without waiting; the execution that it starts."""
    known = deploying.known(place)
    code, told = cli("promote", MODEL, str(version), "--no-wait")
    assert code == 0, told
    machine = Setting.DEPLOYMENT_MACHINE_ARN
    return machines.wait_for(
        place, machine, known, WAIT_SECONDS, lambda asked: asked["detail"]["version"] == version
    )


def ended(place: Place, execution: Execution) -> dict[str, object]:
    """What a deployment came to."""
    told = machines.follow(place, execution, lambda _: None, WAIT_SECONDS)
    return {name: told.get(name) for name in ("outcome", "version", "reason")}


@pytest.mark.usefixtures("left_as_found")
def test_what_an_aborted_deployment_left_is_cleared_and_of_two_that_wait_the_last_goes_in(
    place: Place, cli: Typed
) -> None:
    nothing_in_service(place)
    made = Made.train()
    sha256 = str(json.loads(made.files["model.json"])["sha256"])
    first, aborted, early, late = (
        register(place, f"in-turn-{number}", made.files, sha256) for number in range(4)
    )
    assert cli("promote", MODEL, str(first))[0] == 0
    execution = begun(place, cli, aborted)
    eventually(lambda: "WaitForEndpoint" in machines.states_entered(place, execution), WAIT_SECONDS)
    place.client("stepfunctions").stop_execution(executionArn=execution.arn)
    assert registry.record(place, MODEL).held_by == execution.arn
    waiting = [begun(place, cli, version) for version in (early, late)]
    assert ended(place, waiting[1])["outcome"] == "deployed"
    reason = f"version {late} was approved later than version {early}"
    assert ended(place, waiting[0]) == {"outcome": "superseded", "version": early, "reason": reason}
    record = registry.record(place, MODEL)
    assert (record.version, record.going_in, record.held_by) == (late, 0, "")
    assert aborted not in [one.version for one in record.served]
    code, told = cli("rollback", MODEL, "--because", "a drill")
    assert (code, told.get("back_to")) == (0, first), told
    code, told = cli("promote", MODEL, str(early))  # it was passed over, and can be asked for again
    assert code == 0, told
