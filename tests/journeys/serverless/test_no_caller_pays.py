"""Serverless versions go in behind our front under load: what is bad leaves, and no caller pays for it."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from infra.cli import destroy, drops, predict, registry
from infra.cli.demo import request_row
from tests.clouds import eventually
from tests.journeys.candidates import Made, register
from tests.load import Callers
from tidegate.find import dataset, model
from tidegate.models.leftovers import endpoints_of
from tidegate.models.run import resource_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.cli.place import Place
    from tests.journeys.candidates import Files
    from tests.journeys.typed import Typed

pytestmark = pytest.mark.journey

NOW, SOON, TOO = "late_now", "late_soon", "late_too"  # a canary, a shadow, and all at once
CALLERS, PAUSE = 3, 1.5  # at most two requests a second, each through the API, a function and a container
PATIENT = 6  # callers, so that some wait for slow answers while others ask on
KILLS, KILLS_APART = 3, 4.0  # seconds: a look is tried five times, and is not to die of all
ROWS = 20  # of a request, so that the seconds of a step have enough of them to compare
BACK_SECONDS = 60.0
WAIT_SECONDS = 120.0

log = logging.getLogger(__name__)


@cache
def made(name: str) -> Made:
    """A sound model of that name, trained once."""
    return Made.train(model(name))


class Model:
    """A model of the added ones: its versions, and those who ask it through the HTTP API."""

    def __init__(self, place: Place, cli: Typed, name: str) -> None:
        self.place, self.cli, self.name, self.made = place, cli, name, made(name)
        known = dataset(model(name).request).known_by(model(name).known_by)
        row = request_row(drops.a_flight(3, drops.folder()), known)
        self.body = json.dumps({"rows": [row] * ROWS}).encode()

    def register(self, mode: str = "well", files: Files | None = None) -> str:
        """A version whose container behaves so."""
        files = files or self.made.files
        sha256 = str(json.loads(files["model.json"])["sha256"])
        image = f"000000000000.dkr.ecr.eu-west-1.amazonaws.com/{mode}:1"
        run = f"{self.name}-{time.time_ns()}"
        return str(register(self.place, run, files, sha256, image, self.name))

    def promote(self, version: str) -> tuple[int, Any]:
        return self.cli("promote", self.name, version)

    def ask(self) -> str:
        status, told = predict.ask(self.place, self.name, self.body)
        assert status == 200, told
        return str(told["version"])

    def called(self, callers: int = CALLERS) -> Callers:
        return Callers(self.ask, callers, PAUSE)

    def answers(self) -> set[str]:
        return {self.ask() for _ in range(5)}

    def shifting(self) -> dict[str, int]:
        found = (registry.endpoint(self.place, self.name) or {}).get("shift", {})
        return found if found.get("percent") else {}

    def left(self) -> dict[int, str]:
        return {one.version: one.reason for one in registry.record(self.place, self.name).taken_back}

    def endpoints(self) -> set[str]:
        name, where = resource_name(self.place.environment, self.name), self.place
        found = endpoints_of(where.client("sagemaker"), where.environment, self.name)
        return {one.removeprefix(f"{name}-v") for one, status in found.items() if status != "Deleting"}


@pytest.fixture
def timed() -> Iterator[None]:
    """How long a test takes beside others, in its log."""
    began = time.monotonic()
    yield
    log.info("%.1f s", time.monotonic() - began)


def kill_the_shift() -> int:
    """End the processes in which the local cloud runs `functions/shift.py`."""
    found = 0
    for process in Path("/proc").iterdir():
        try:
            told = (process / "environ").read_bytes().split(b"\0") if process.name.isdecimal() else []
            if b"AWS_LAMBDA_FUNCTION_NAME=tidegate-laptop-shift" in told:
                os.kill(int(process.name), signal.SIGKILL)
                found += 1
        except (OSError, ProcessLookupError):  # it has ended, or is nobody's business here
            continue
    return found


@pytest.mark.usefixtures("timed")
def test_a_good_version_stays_until_it_is_rolled_back(place: Place, cli: Typed) -> None:
    late = Model(place, cli, NOW)
    never = late.register(files=late.made.crashes())
    assert late.promote(never)[0] == 3
    assert "its endpoint is Failed" in late.left()[int(never)]
    assert predict.ask(place, NOW, late.body)[0] == 404
    first = late.register()
    code, told = late.promote(first)
    assert code == 0, told
    with late.called() as load:
        second = late.register()
        code, told = late.promote(second)
        assert code == 0, told
        assert late.answers() == {second}
        began = time.monotonic()
        code, told = cli("rollback", NOW, "--because", "a drill")
        seconds = time.monotonic() - began
        assert (code, told.get("back_to")) == (0, int(first)), told
        assert late.answers() == {first}
    log.info("back after %.1f s; asked %d times, answered by %s", seconds, load.asked, dict(load.answers))
    assert load.failures == []
    assert load.asked > CALLERS
    assert seconds < BACK_SECONDS
    assert late.left()[int(second)].endswith("a drill")
    shown = registry.endpoint(place, NOW)
    assert shown is not None
    assert (shown["version"], shown["status"]) == (int(first), "InService")


@pytest.mark.usefixtures("timed")
def test_a_look_that_dies_in_the_midst_does_no_harm(place: Place, cli: Typed) -> None:
    late = Model(place, cli, NOW)
    before, third = registry.record(place, NOW).version, late.register()
    killed: list[int] = []
    with late.called() as load:
        assert cli("promote", NOW, third, "--no-wait")[0] == 0
        eventually(late.shifting, WAIT_SECONDS)
        assert late.shifting() == {"version": int(third), "percent": 50, "copies": 0}
        for _ in range(KILLS):
            killed.append(kill_the_shift())
            time.sleep(KILLS_APART)
        eventually(lambda: not registry.record(place, NOW).going_in, WAIT_SECONDS)
        assert registry.record(place, NOW).version == int(third), late.left()
        assert late.answers() == {third}
    log.info("killed %s; asked %d times, answered by %s", killed, load.asked, dict(load.answers))
    assert all(killed), "each time there was one to kill"
    assert load.failures == []
    eventually(lambda: late.endpoints() == {str(before), third}, WAIT_SECONDS)


@pytest.mark.usefixtures("timed")
def test_a_version_that_fails_leaves(place: Place, cli: Typed) -> None:
    late = Model(place, cli, NOW)
    before, failing = registry.record(place, NOW).version, late.register("failing")
    with late.called() as load:
        code, told = late.promote(failing)
        assert code == 3, told
        assert late.answers() == {str(before)}
    log.info("asked %d times, answered by %s", load.asked, dict(load.answers))
    assert load.failures == []
    assert "alarms went off: tidegate-laptop-late-now-errors" in late.left()[int(failing)]
    eventually(lambda: failing not in late.endpoints(), WAIT_SECONDS)


@pytest.mark.usefixtures("timed")
def test_a_shadow_is_asked_beside_and_one_that_says_otherwise_never_answers(place: Place, cli: Typed) -> None:
    late = Model(place, cli, SOON)
    first = late.register()
    assert late.promote(first)[0] == 0
    turned = late.register(files=Made.train_turned_round(model(SOON)).files)
    with late.called(2) as load:  # each request is answered twice
        code, told = late.promote(turned)
        assert code == 3, told
    log.info("asked %d times, answered by %s", load.asked, dict(load.answers))
    assert load.failures == []
    assert set(load.answers) == {first}
    assert late.left()[int(turned)].startswith("prediction shift"), late.left()


@pytest.mark.usefixtures("timed")
def test_a_slow_version_leaves(place: Place, cli: Typed) -> None:
    late = Model(place, cli, TOO)
    first = late.register()
    assert late.promote(first)[0] == 0
    slow = late.register("slow")
    with late.called(PATIENT) as load:
        code, told = late.promote(slow)
        assert code == 3, told
        assert late.answers() == {first}
    log.info("asked %d times, answered by %s: %s", load.asked, dict(load.answers), late.left()[int(slow)])
    assert load.failures == []
    # all its containers are busy, so that more calls are throttled; or answers come late
    assert re.search("tidegate-laptop-late-too-(errors|latency)", late.left()[int(slow)])


def test_destroying_takes_every_endpoint(place: Place, cli: Typed) -> None:
    for name in (NOW, SOON, TOO):
        late = Model(place, cli, name)
        assert late.endpoints() != set()
        assert destroy.remove_endpoint(place, name)
        eventually(lambda late=late: not late.endpoints(), WAIT_SECONDS)  # type: ignore[misc]
        assert registry.versions(place, name) == []
