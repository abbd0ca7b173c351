"""Nothing bad is served, and no deployment drops a call: versions of every kind go in, under load."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Any

import pytest

from infra.cli import drops, predict, registry
from infra.cli.demo import request_row
from tests.clouds import eventually
from tests.journeys.candidates import MODEL, SLOW, Made, register
from tests.load import Load
from tidegate.find import dataset, model
from tidegate.models.run import resource_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.cli.place import Place
    from tests.journeys.typed import Typed

pytestmark = pytest.mark.journey

A_SECOND = {True: 20, False: 4}  # the full figure needs a machine to itself
BACK_SECONDS = 60.0
WAIT_SECONDS = 300.0
GOOD, BACK, SHIFTED = "good", "rollback", "turned round"
DEPLOYS = (GOOD, "slow", SHIFTED, "crashes", "another schema", "pickled", "tampered", GOOD, BACK, GOOD)
IN_CI = 3
ROWS = 20  # of a request, so that seconds of a canary have enough of them to compare

log = logging.getLogger(__name__)


@pytest.fixture(scope="module")
def made() -> Made:
    """A sound model, trained once."""
    return Made.train()


@pytest.fixture
def left_as_found(place: Place, cli: Typed) -> Iterator[None]:
    """What served before these tests serves after them: other journeys go on with it."""
    before = registry.endpoint(place, MODEL)
    yield
    if before is not None:
        assert cli("promote", MODEL, str(before["version"]))[0] == 0


class Caller:
    """Asks for a prediction as applications do, by the runtime and by the HTTP API."""

    def __init__(self, place: Place) -> None:
        chosen = model(MODEL)
        known = dataset(chosen.request).known_by(chosen.known_by)
        row = request_row(drops.a_flight(3, drops.folder()), known)
        self.place, self.body = place, json.dumps({"rows": [row] * ROWS}).encode()
        self.runtime = place.client("sagemaker-runtime")
        self.name = resource_name(place.environment, MODEL)

    def by_runtime(self) -> str:
        answer = self.runtime.invoke_endpoint(
            EndpointName=self.name, ContentType="application/json", Body=self.body
        )
        return f"v{json.loads(answer['Body'].read())['version']}"

    def by_api(self) -> str:
        status, told = predict.ask(self.place, MODEL, self.body)
        assert status == 200, told
        return f"v{told['version']}"

    def post(self, verb: str, **body: Any) -> dict[str, Any]:
        status, told = predict.post(self.place, f"/{verb}/{MODEL}", json.dumps(body).encode())
        assert status == 202, told
        assert isinstance(told, dict)
        return told

    def five_times(self) -> list[str]:
        return [self.by_runtime() for _ in range(5)]


def settled(place: Place, version: int) -> None:
    """Wait until a version answers, or was taken back."""

    def known() -> bool:
        record = registry.record(place, MODEL)
        return version in {record.version, *(one.version for one in record.taken_back)}

    eventually(known, WAIT_SECONDS)


def nothing_in_service(place: Place) -> None:
    """Whatever other journeys left there goes."""
    if registry.endpoint(place, MODEL) is not None:
        name = resource_name(place.environment, MODEL)
        place.client("sagemaker").delete_endpoint(EndpointName=name)
        eventually(lambda: registry.endpoint(place, MODEL) is None, WAIT_SECONDS)


def candidate(place: Place, made: Made, kind: str, number: int) -> int:
    """Register a version of that kind."""
    files = {
        "crashes": made.crashes,
        "another schema": made.of_another_schema,
        "pickled": made.pickled,
        "tampered": made.tampered,
        SHIFTED: lambda: Made.train_turned_round().files,
    }.get(kind, lambda: made.files)()
    known = made.files if kind in ("tampered", "pickled") else files
    registered = str(json.loads(known["model.json"])["sha256"])
    name = f"{kind.replace(' ', '-')}-{number}"
    return register(place, name, files, registered, SLOW if kind == "slow" else "")


@pytest.mark.usefixtures("left_as_found")
def test_no_request_fails_while_versions_of_every_kind_go_in_and_what_is_bad_does_not_stay(
    place: Place, made: Made, full: bool, cli: Typed
) -> None:
    nothing_in_service(place)
    never = candidate(place, made, "crashes", 0)
    assert cli("promote", MODEL, str(never))[0] == 3
    assert registry.endpoint(place, MODEL)["status"] == "Failed"  # type: ignore[index]
    first = candidate(place, made, GOOD, 0)
    code, told = cli("promote", MODEL, str(first))
    assert code == 0, told
    serving, left, seconds = [first], {}, {}
    caller = Caller(place)
    asks = (*[caller.by_runtime] * 9, caller.by_api)
    with Load(asks, A_SECOND[full]) as load:
        for number, kind in enumerate(DEPLOYS if full else DEPLOYS[:IN_CI], start=1):
            began = time.monotonic()
            if kind == BACK:
                code, told = cli("rollback", MODEL, "--because", "a drill")
                serving.pop()
                assert (code, told.get("back_to")) == (0, serving[-1]), told
            else:
                version = candidate(place, made, kind, number)
                if kind == GOOD:
                    caller.post("approve", version=version, because="it is good")
                    settled(place, version)
                    assert registry.record(place, MODEL).version == version, registry.record(place, MODEL)
                else:
                    code, told = cli("promote", MODEL, str(version))
                    assert code == 3, (kind, told)
                serving += [version] * (kind == GOOD)
                left |= {} if kind == GOOD else {kind: version}
            seconds[f"{number} {kind}"] = round(time.monotonic() - began, 1)
            assert caller.five_times() == [f"v{serving[-1]}"] * 5, kind
        began = time.monotonic()
        assert caller.post("rollback", because="a drill")["version"] == serving[-1]
        eventually(lambda: registry.record(place, MODEL).version == serving[-2], WAIT_SECONDS)
        seconds["the last rollback"] = round(time.monotonic() - began, 1)
        assert caller.five_times() == [f"v{serving[-2]}"] * 5
    log.info("seconds %s; asked %d times, answered by %s", seconds, load.asked, dict(load.answers))
    assert load.failures == []
    assert load.asked > 10 * A_SECOND[full]
    assert seconds["the last rollback"] <= BACK_SECONDS
    shown = {one["version"]: one["taken_back"] for one in cli("models", MODEL)[1][0]["versions"]}
    assert "flight-delay-latency" in shown[left["slow"]], shown
    assert shown[left[SHIFTED]].startswith("prediction shift"), shown
    assert all("ping" in shown[left[kind]] for kind in left.keys() - {"slow", SHIFTED}), shown
    assert shown[serving[-1]].endswith("a drill")
    endpoint = registry.endpoint(place, MODEL)
    assert endpoint is not None
    assert endpoint["version"] == serving[-2]
