"""A deployment that may not begin waits in its machine, not for ever; a shadow that was left is removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.cli.machines import Execution, whereabouts
from infra.cli.place import Place
from tests.clouds import eventually
from tests.functions.machine import WAIT_SECONDS, Machine
from tests.functions.test_shadow import FINE, Deployment, shadowing
from tidegate.models.rollout import straight_back

if TYPE_CHECKING:
    from infra.local.cloud import LocalCloud

__all__ = ["shadowing"]

ASKED = "asked = globals().setdefault('asked', []); asked.append(event['execution'])"
WAY = "'wait' if len(asked) < 3 else 'superseded'"
TOLD = "{'model': 'm', 'version': 2, 'way': %s, 'waits_for': 'the end of version 1'}"
WAITS = f"return {TOLD}" % "'wait'"
WAITS_TWICE = f"{ASKED}; return {TOLD}" % WAY
NEVER = {"Compare": "return 1 / 0", "Verify": "return 1 / 0"}


def test_what_it_waited_for_in_vain_is_what_it_fails_with(shadowing: LocalCloud) -> None:
    bounded = Machine(shadowing, "deployment", {"Deploy": WAITS, **NEVER}, {">= 780": ">= 3"})
    execution = bounded.start({"detail": {}})
    ended = bounded.ended(execution)
    assert (ended["status"], ended["error"], ended["cause"]) == (
        "FAILED",
        "WaitedTooLong",
        "the end of version 1",
    )
    assert bounded.entered(execution).count("Prepare") == 3
    assert bounded.entered(execution).count("AskAgainSoon") == 2


def test_who_follows_it_can_say_what_it_waits_for(shadowing: LocalCloud) -> None:
    machine = Machine(
        shadowing, "deployment", {"Deploy": WAITS, **NEVER}, {'"Seconds": 15': '"Seconds": 9999'}
    )
    arn = machine.start({"detail": {}})
    eventually(lambda: "AskAgainSoon" in machine.entered(arn), WAIT_SECONDS)
    execution = Execution(arn=arn, machine=machine.name, name="", status="RUNNING", started="")
    told = whereabouts(Place("any", shadowing), execution)
    assert told == "AskAgainSoon: the end of version 1"
    machine.states.stop_execution(executionArn=arn)


def test_a_version_that_is_superseded_ends_well_and_says_so(shadowing: LocalCloud) -> None:
    machine = Machine(shadowing, "deployment", {"Deploy": WAITS_TWICE, **NEVER})
    execution = machine.start({"detail": {}})
    ended = machine.ended(execution)
    assert ended["status"] == "SUCCEEDED", ended
    assert ended["output"].replace(" ", "") == (
        '{"outcome":"superseded","version":2,"reason":"theendofversion1"}'
    )
    assert machine.entered(execution)[-2:] == ["Superseded", "Deployed"]


def test_a_shadow_whose_execution_was_aborted_is_removed(shadowing: LocalCloud) -> None:
    deployment = Deployment(shadowing, FINE, "deployed")
    execution = deployment.begun()
    eventually(lambda: "CompareShadow" in deployment.machine.entered(execution), WAIT_SECONDS)
    deployment.machine.states.stop_execution(executionArn=execution)
    assert "-shadows-" in deployment.serving()["EndpointConfigName"]
    echo = {"Deploy": "return event['detail']", **NEVER}
    clearing = Machine(shadowing, "deployment", echo, {">= 780": ">= 2"})
    shadow = {"before": deployment.live, "end": straight_back()}
    told = {"way": "clear", "endpoint": deployment.endpoint, "shadow": shadow, "waits_for": "its end"}
    after = clearing.start({"detail": told})
    assert clearing.ended(after)["error"] == "WaitedTooLong"  # its function never says anything else
    assert clearing.entered(after)[2:6] == ["MayItBegin", "ClearShadow", "AskAgainSoon", "Prepare"]
    eventually(lambda: deployment.serving()["EndpointStatus"] == "InService", WAIT_SECONDS)
    assert deployment.serving()["EndpointConfigName"] == deployment.live


def test_who_finds_the_shadow_being_removed_already_asks_again(shadowing: LocalCloud) -> None:
    """Two that wait see the shadow at the same time; SageMaker refuses the second one's update."""
    told = {"way": "clear", "endpoint": "never-made", "waits_for": "its end"}
    shadow = {"before": "never-made", "end": straight_back()}
    clears_once = f"{ASKED}; return {{'way': 'clear', **event['detail']}} if len(asked) < 2 else {TOLD}"
    machine = Machine(shadowing, "deployment", {"Deploy": clears_once % "'superseded'", **NEVER})
    execution = machine.start({"detail": {**told, "shadow": shadow}})
    ended = machine.ended(execution)
    assert ended["status"] == "SUCCEEDED", ended
    assert machine.entered(execution)[2:6] == ["MayItBegin", "ClearShadow", "AskAgainSoon", "Prepare"]
