"""What the commands read from Step Functions: executions, what caused them, and how far they are."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.cli.failures import why
from tidegate.errors import Mistake, Transient

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from infra.cli.place import Place
    from tidegate.settings import Setting

PAUSE, LONGEST_PAUSE = 0.2, 5.0
A_MINUTE = 60.0
LATEST_EVENTS = 30  # of a history, in which the last word of a function is looked for


@dataclass(frozen=True, kw_only=True)
class Execution:
    """One execution of the training or the deployment machine."""

    arn: str
    machine: str
    name: str
    status: str
    started: str

    @property
    def running(self) -> bool:
        """Whether it has not come to an end."""
        return self.status in ("RUNNING", "PENDING_REDRIVE")


def executions(place: Place, machine: Setting, most: int = 100) -> list[Execution]:
    """The executions of a machine, the latest first."""
    arn = place.settings[machine]
    found = place.client("stepfunctions").list_executions(stateMachineArn=arn, maxResults=most)
    read = [
        Execution(
            arn=one["executionArn"],
            machine=arn.rpartition(":")[2],
            name=one["name"],
            status=one["status"],
            started=one["startDate"].isoformat(timespec="milliseconds"),
        )
        for one in found["executions"]
    ]
    return sorted(read, key=lambda one: one.started, reverse=True)


def execution_input(place: Place, execution: Execution) -> dict[str, Any]:
    """What an execution was started with: for a training, its `cause` is in it."""
    told = place.client("stepfunctions").describe_execution(executionArn=execution.arn)
    read: dict[str, Any] = json.loads(told["input"])
    return read


def states_entered(place: Place, execution: Execution) -> list[str]:
    """The states that an execution has entered, in order."""
    pages = place.client("stepfunctions").get_paginator("get_execution_history")
    events = [event for page in pages.paginate(executionArn=execution.arn) for event in page["events"]]
    return [
        event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event
    ]


def follow(
    place: Place,
    execution: Execution,
    entered: Callable[[str], None],
    wait_seconds: float,
    every: float = A_MINUTE,
) -> dict[str, Any]:
    """Tell each state when first entered, and each minute where it is, until it ends; return its output.

    Raises:
        Mistake: it failed.
        Transient: it did not end in time.
    """
    client, told = place.client("stepfunctions"), set[str]()
    began = spoke = time.monotonic()
    while True:
        now = client.describe_execution(executionArn=execution.arn)
        for state in states_entered(place, execution):
            if state not in told:
                told.add(state)
                entered(state)
                spoke = time.monotonic()
        if now["status"] == "SUCCEEDED":
            output: dict[str, Any] = json.loads(now.get("output") or "{}")
            return output
        if now["status"] != "RUNNING":
            said = why(now.get("error", ""), now.get("cause", "")) or now["status"].lower()
            raise Mistake(
                f"execution {execution.name}", said, "The job's log and the execution's history say more"
            )
        waited = time.monotonic() - began
        if time.monotonic() - spoke > every:
            entered(f"still {whereabouts(place, execution)}")
            spoke = time.monotonic()
        if waited > wait_seconds:
            raise Transient(
                f"execution {execution.name}", f"no end within {wait_seconds:g} s", "tidegate status"
            )
        time.sleep(min(LONGEST_PAUSE, max(PAUSE, waited / 60)))


def whereabouts(place: Place, execution: Execution) -> str:
    """The state that an execution is in, and what the function that it asked last had to say."""
    events = place.client("stepfunctions").get_execution_history(
        executionArn=execution.arn, reverseOrder=True, maxResults=LATEST_EVENTS
    )["events"]
    state = next((one["stateEnteredEventDetails"]["name"] for one in events if _entered(one)), "at its start")
    said = next(filter(None, map(_said, events)), "")
    return ": ".join(filter(None, (state, said)))


def _entered(event: Mapping[str, Any]) -> bool:
    return "stateEnteredEventDetails" in event


def _said(event: Mapping[str, Any]) -> str:
    """The words in what a function returned: what a deployment waits for, or what was compared."""
    output = event.get("taskSucceededEventDetails", {}).get("output", "{}")
    payload = json.loads(output).get("Payload")
    told = payload if isinstance(payload, dict) else {}
    return str(told.get("waits_for") or told.get("said") or "")


def wait_for(
    place: Place,
    machine: Setting,
    known: set[str],
    wait_seconds: float,
    fits: Callable[[dict[str, Any]], bool] = lambda _input: True,
) -> Execution:
    """The first execution of `machine` that is not `known` yet and whose input fits, once there is one.

    Raises:
        Transient: none was started in time.
    """
    deadline = time.monotonic() + wait_seconds
    while time.monotonic() < deadline:
        fresh = [one for one in executions(place, machine) if one.name not in known]
        for one in reversed(fresh):
            if fits(execution_input(place, one)):
                return one
        time.sleep(PAUSE)
    raise Transient(
        f"state machine {place.settings[machine].rpartition(':')[2]}",
        f"no event started it within {wait_seconds:g} s",
        "See what arrived: tidegate status; what failed is in .tidegate/cloud/server.log",
    )
