"""Whoever dies at any call of a roll-out behind our front is asked again, and it ends as if nobody had."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from functions.verify import answering, judge
from tests.functions.deploying import Alarms
from tests.functions.test_crashes import Crash, Died
from tests.tidegate.models.test_fronted import ERRORS, NAME, Front
from tests.tidegate.models.test_shifting import Cloud
from tidegate.models.shifting import Shifting

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functions.world import World
    from tidegate.models.in_service import InService

pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
STRIDE = 5  # every fifth call is killed, and each of them in the full tier
T = TypeVar("T")


class Versions(Cloud):
    """Stand for SageMaker: each version's endpoint answers as that version, of `flight_delay`."""

    def invoke_endpoint(self, EndpointName: str, **request: Any) -> dict[str, Any]:
        self.model, self.version = NAME, int(EndpointName.rpartition("-v")[2])
        return super().invoke_endpoint("tidegate-laptop-m-v2", **request)

    def describe_alarms(self, AlarmNames: list[str], StateValue: str) -> dict[str, Any]:
        return Alarms(*self.ringing).describe_alarms(AlarmNames, StateValue)


def again(step: Callable[[], T]) -> T:
    """What the machine does with a function that died: it asks again with the same."""
    while True:
        try:
            return step()
        except Died:
            continue


def promoted(front: Front) -> None:
    ends(front, again(lambda: front.out(3, "arn:e:3", 3)))


def taken_back(front: Front) -> None:
    ends(front, again(lambda: front.out(3, "arn:e:3", 3)), rings_after=1)


def rolled_back(front: Front) -> None:
    ends(front, again(lambda: front.back(2)))


def ends(front: Front, prepared: dict[str, Any], rings_after: int = 100) -> None:
    """Look until it is over, and verify."""
    found: dict[str, Any] = {"state": "", "looked": 0}
    while found["state"] != "over":
        cloud = Versions(ringing=[ERRORS] if found["looked"] >= rings_after else [])
        shifting = Shifting(
            sagemaker=cloud, runtime=cloud, cloudwatch=cloud, records=front.records, now=datetime.now(UTC)
        )
        asked = {**prepared, "looked": found["looked"]}
        found = again(lambda shifting=shifting, asked=asked: shifting.look(asked))  # type: ignore[misc]
    asked = {**prepared, "reason": found["reason"]}
    endpoint = again(lambda: answering(front.records, "laptop", asked, datetime.now(UTC)))
    again(lambda: judge(front.records, asked, int(endpoint.rpartition("-v")[2]), "then"))


def left(world: World, walk: Callable[[Front], None], crash: tuple[int, str]) -> tuple[InService, bool]:
    """The record in the end, and whether anybody died."""
    front = Front(world)
    client = front.records.dynamodb
    client.delete_item(TableName=front.records.table, Key={"model": {"S": NAME}})
    front.serves(1, 2)
    with Crash(*crash, clients=[client]) as planned:
        walk(front)
    return replace(front.record, wished_at=""), planned.done


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("walk", [promoted, taken_back, rolled_back])
def test_a_death_at_any_call_changes_nothing_of_the_end(
    world: World, walk: Callable[[Front], None], when: str, full: bool
) -> None:
    whole, _ = left(world, walk, (0, when))
    assert (whole.version, whole.going_in) == ({promoted: 3, taken_back: 2, rolled_back: 1}[walk], 0)
    assert len(whole.taken_back) == (0 if walk is promoted else 1)
    at, died = 1, True
    while died:
        ended, died = left(world, walk, (at, when))
        assert ended == whole, f"it died {when} call {at}"
        at += 1 if full else STRIDE
    assert at > 8, "there were calls to die at"
