"""Half a year of a model in service: it drifts, is trained anew and gets better, and nothing bad goes in.

It is trained on January to June. From July on a month is asked about as it comes, twenty times a second,
while the flights of the month before, with what became of them, land as labels. What these start to train
goes into service if it passes, something bad knocks from August on, and each month ends with a look at what
drifted. No drift is planted: a September in which far fewer flights are late than in summer is one.
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from infra.cli import drops, land, machines, registry
from infra.cli.machines import Execution
from tests.journeys.candidates import MODEL, SLOW, Made, register
from tests.journeys.closed_loop.year import Year
from tests.load import Load
from tidegate.find import dataset, model
from tidegate.lake import layout
from tidegate.models.run import Run, resource_name
from tidegate.settings import Setting

if TYPE_CHECKING:
    from infra.cli.drops import Drop
    from infra.cli.place import Place
    from tests.journeys.typed import Typed

pytestmark = pytest.mark.journey

A_SECOND = 20
ROWS = 3  # of a request: the labels of a month must be certain enough
MONTH_SECONDS = 45.0  # a look leaves out what was captured in the last thirty seconds, and needs 500 rows
WAIT_SECONDS = 600.0
WORSE = "000000000000.dkr.ecr.eu-west-1.amazonaws.com/worse:1"
KNOCKS = {8: "crashes", 9: "another schema", 10: "pickled", 11: "slow", 12: "worse"}
TRAINING = Setting.TRAINING_MACHINE_ARN

log = logging.getLogger(__name__)


class Passengers:
    """Ask about the flights of the present month."""

    def __init__(self, place: Place, year: Year) -> None:
        chosen = model(MODEL)
        self._known = dataset(chosen.request).known_by(chosen.known_by)
        self._runtime, self._year = place.client("sagemaker-runtime"), year
        self._name = resource_name(place.environment, MODEL)
        self._bodies: list[bytes] = []
        self._next = 0

    def turn_to(self, month: int) -> None:
        """From now on ask about this month's flights, each a few hours before it leaves."""
        rows = self._year.asked(month, self._known, 1500 * ROWS)
        self._bodies = [
            json.dumps({"rows": rows[at : at + ROWS]}).encode() for at in range(0, len(rows), ROWS)
        ]

    def ask(self) -> str:
        """One request, by the runtime; which version answered."""
        self._next += 1
        answer = self._runtime.invoke_endpoint(
            EndpointName=self._name,
            ContentType="application/json",
            Body=self._bodies[self._next % len(self._bodies)],
        )
        told = json.loads(answer["Body"].read())
        assert len(told["predictions"]) == ROWS
        return f"v{told['version']}"


@dataclass
class Loop:
    """What happened, and what is in service."""

    place: Place
    year: Year
    cli: Typed
    serving: int = 0
    months: dict[int, dict[str, Any]] = field(default_factory=dict)
    causes: dict[str, str] = field(default_factory=dict)  # of each training
    refused: dict[str, str] = field(default_factory=dict)  # each bad one, and why it does not serve

    def land(self, drops_of: list[Drop]) -> None:
        """Put files, and wait until all have come to an end."""
        ids = [land.put(self.place, drop.key, drop.body) for drop in drops_of]
        land.settled(self.place, ids, WAIT_SECONDS)

    def trained(self) -> None:
        """Wait for every training that was started, and remember why it was."""
        for one in machines.executions(self.place, TRAINING):
            if one.name not in self.causes:
                machines.follow(self.place, one, lambda _: None, WAIT_SECONDS)
                self.causes[one.name] = machines.execution_input(self.place, one)["cause"]["kind"]

    def promote_the_latest(self) -> bool:
        """Roll out what passed the gate last, if it does not serve yet."""
        latest = registry.versions(self.place, MODEL)[0]
        if latest.status != registry.PENDING or latest.told["run"] not in self.causes:
            return False
        code, told = self.cli("promote", MODEL, str(latest.version))
        assert code == 0, told
        self.serving = latest.version
        return True


def test_a_model_in_service_drifts_is_trained_anew_and_gets_better_and_nothing_bad_is_served(
    place: Place, cli: Typed
) -> None:
    year = Year(drops.folder())
    loop, made, passengers = Loop(place, year, cli), Made.train(), Passengers(place, year)
    loop.land([*year.standing(), *year.weather(range(1, 8)), *year.flights(range(1, 7))])
    loop.land(year.aircraft())
    started = machines.wait_for(place, TRAINING, set(), WAIT_SECONDS)
    machines.follow(place, started, lambda _: None, WAIT_SECONDS)
    loop.trained()
    assert loop.promote_the_latest()
    passengers.turn_to(7)
    with Load((passengers.ask,), A_SECOND) as load:
        for month in range(7, 13):
            passengers.turn_to(month)
            loop.land(year.weather([month + 1]) if month < 12 else [])
            loop.land(year.flights([month - 1]) if month > 7 else [])
            if kind := KNOCKS.get(month):
                knock(loop, made, kind)
            loop.trained()
            loop.promote_the_latest()
            time.sleep(MONTH_SECONDS)
            look(loop, month)
    tell(loop, load)
    assert load.failures == []
    assert load.asked > 6 * MONTH_SECONDS * A_SECOND * 0.9
    assert any("quality" in told["found"] for told in loop.months.values())
    assert "DriftFound" in loop.causes.values()
    assert set(loop.refused) == set(KNOCKS.values())
    assert better(place, loop) & set(load.answers)
    endpoint = registry.endpoint(place, MODEL)
    assert endpoint is not None
    assert (endpoint["version"], endpoint["status"]) == (loop.serving, "InService")


def look(loop: Loop, month: int) -> None:
    """Judge the month, wait for what that starts, and let a better model in."""
    _, (told,) = loop.cli("drift", MODEL, "--now")
    assert told["report"] is not None, told["looked"]
    report = told["report"]
    loop.months[month] = {
        "version": report["version"],
        "rows": report["rows"],
        "found": report["found"],
        "features": sorted({test["feature"] for test in report["tests"] if test["drifted"]}),
        "quality": report["quality"],
    }
    if report["found"]:
        loop.months[month]["led_to"] = led_to(loop)
    loop.trained()
    loop.months[month]["promoted"] = loop.promote_the_latest()
    log.info("month %d: %s", month, loop.months[month])


def led_to(loop: Loop) -> str:
    """What the drift that was said led to, once it is decided."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        _, (told,) = loop.cli("drift", MODEL)
        if outcome := told["history"][0]["led_to"]:
            return str(outcome)
        time.sleep(0.5)
    raise AssertionError("nothing was decided on the drift")


def knock(loop: Loop, made: Made, kind: str) -> None:
    """Something bad wants in; it must be told as a failure, and what served must serve."""
    if kind == "worse":
        loop.refused[kind] = trained_worse(loop)
    else:
        files = {
            "crashes": made.crashes,
            "another schema": made.of_another_schema,
            "pickled": made.pickled,
        }.get(kind, lambda: made.files)()
        known = made.files if kind == "pickled" else files
        registered = str(json.loads(known["model.json"])["sha256"])
        image = SLOW if kind == "slow" else ""
        version = register(loop.place, kind.replace(" ", "-"), files, registered, image)
        code, told = loop.cli("promote", MODEL, str(version))
        assert code != 0, (kind, told)
        loop.refused[kind] = json.dumps(told)[:200]
    assert registry.serves(loop.place, MODEL, loop.serving), kind


def trained_worse(loop: Loop) -> str:
    """A training like the last one, of an image that deals the labels out anew: why the gate refuses it."""
    states, s3 = loop.place.client("stepfunctions"), loop.place.client("s3")
    last = machines.executions(loop.place, TRAINING)[0]
    told = machines.execution_input(loop.place, last)
    name = "flight-delay-worse"
    told |= {"run": name, "image": WORSE, "prefix": told["prefix"].rpartition("/")[0] + f"/{name}"}
    run = Run.from_json(json.dumps(told))
    bucket, prefix = layout.split_uri(run.prefix)
    s3.put_object(Bucket=bucket, Key=f"{prefix}/run.json", Body=run.to_json())
    machine = loop.place.settings[TRAINING]
    arn = states.start_execution(stateMachineArn=machine, name=name, input=run.to_json())["executionArn"]
    started = Execution(arn=arn, machine=machine, name=name, status="RUNNING", started="")
    output = machines.follow(loop.place, started, lambda _: None, WAIT_SECONDS)
    loop.causes[name] = "planted"
    assert output["outcome"] == "refused", output
    return str(output)


def better(place: Place, loop: Loop) -> set[str]:
    """The versions that came from a drift, and give held-out flights better chances than what served then."""
    found = set()
    for version in registry.versions(place, MODEL):
        if loop.causes.get(version.told["run"]) != "DriftFound":
            continue
        bucket, key = layout.split_uri(
            f"s3://{place.settings[Setting.ARTEFACT_BUCKET]}/runs/{MODEL}/{version.told['run']}"
        )
        body = place.client("s3").get_object(Bucket=bucket, Key=f"{key}/evaluation/evaluation.json")["Body"]
        evaluation = json.loads(body.read())
        log.info("version %d over %s: %s", version.version, evaluation["champion"], evaluation["challenger"])
        if evaluation["challenger"]["log_loss"] < evaluation["champion"]["log_loss"]:
            found.add(f"v{version.version}")
    return found


def tell(loop: Loop, load: Load) -> None:
    """What happened, for the log."""
    log.info("asked %d times, answered by %s", load.asked, dict(load.answers))
    log.info("trainings: %s", loop.causes)
    log.info("refused: %s", loop.refused)
