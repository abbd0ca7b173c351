"""A deployment behind our front is prepared from what the registry and the model's record say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from functions.verify import judge
from tests.functions.deploying import GROUP, Alarms, Registry, Stage
from tests.tidegate.models.plans import MODEL, PLAN
from tidegate.errors import CommitConflict, NotFound, Refused
from tidegate.models.fronted import FrontDeployments
from tidegate.models.in_service import leaving
from tidegate.models.ways import Linear, Serverless

if TYPE_CHECKING:
    from tests.functions.world import World
    from tidegate.models.in_service import InService

NAME = "flight_delay"
SERVERLESS = replace(MODEL, serving=Serverless(), rollout=Linear(percent=50, seconds=15))
ERRORS = "tidegate-laptop-flight-delay-errors"


class Front(Stage):
    """Deployments that end at our front."""

    kind, plan = FrontDeployments, replace(PLAN, models={NAME: SERVERLESS})

    def serves(self, *versions: int) -> None:
        for version in versions:
            own, arn = f"tidegate-laptop-flight-delay-v{version}", f"{GROUP}/{version}"
            self.records.change(NAME, lambda now, v=version, a=arn, o=own: now.answers(v, a, o))  # type: ignore[misc]

    def leaves(self) -> int:
        """The version that a rollback means now."""
        config = f"tidegate-laptop-flight-delay-c0ffee-v{self.record.version}"
        return leaving(self.record, "InService", config, datetime.now(UTC))

    @property
    def record(self) -> InService:
        return self.records.read(NAME)


@pytest.fixture
def front(world: World) -> Front:
    return Front(world)


def shares(prepared: dict[str, Any]) -> list[int]:
    return [step["share"] for step in prepared["course"]]


def test_a_first_version_gets_all_requests_and_a_later_one_its_share(front: Front) -> None:
    first = front.out(1)
    assert (first["way"], shares(first)) == ("front", [100])
    front.serves(1)
    later = front.out(2, "arn:e:2", 2)
    assert (later["own_endpoint"], shares(later)) == ("tidegate-laptop-flight-delay-v2", [50, 100])
    assert (later["execution"], front.record.held_by) == ("arn:e:2", "arn:e:2")
    assert (front.record.shifting(datetime.now(UTC)), front.record.share) == (2, 0)


def test_a_roll_out_waits_for_the_one_at_work_and_ends_one_that_stopped_without_a_word(
    front: Front,
) -> None:
    front.serves(1)
    front.out(2, "arn:e:2", 2)
    front.executions.running.add("arn:e:2")
    assert [front.out(2, "arn:e:2", 2)["way"] for _ in range(2)] == [
        "front",
        "front",
    ]  # it does not wait for itself
    waits = front.out(3, "arn:e:3", 3)
    assert (waits["way"], waits["waits_for"]) == ("wait", "the roll-out of version 2 is under way (2)")
    front.records.change(NAME, lambda now: replace(now, share=50))
    front.executions.running.clear()
    assert front.out(3, "arn:e:3", 3)["way"] == "front"
    assert (front.record.going_in, front.record.share) == (3, 0)
    assert [(one.version, one.reason) for one in front.record.taken_back] == [
        (2, "its deployment ended without a word")
    ]


def test_the_last_wish_goes_in(front: Front) -> None:
    front.serves(1)
    front.out(3, "arn:e:3", 3)
    assert front.out(2, "arn:e:2", 2)["way"] == "superseded"


def test_a_roll_out_waits_for_alarms_that_ring_and_for_an_endpoint_that_came_to_nothing(
    front: Front,
) -> None:
    front.alarms = Alarms(ERRORS)
    assert front.out(1)["way"] == "front"  # nothing is in service that could ring
    front.serves(1)
    waits = front.out(2, "arn:e:2", 2)
    assert (waits["way"], waits["waits_for"]) == ("wait", f"what is in service rings now: {ERRORS}")
    front.alarms, front.registry = Alarms(), Registry("Failed")
    assert "serves nobody, and is being deleted" in front.out(2, "arn:e:2", 2)["waits_for"]
    assert front.registry.deleted == ["tidegate-laptop-flight-delay-v2"]
    assert front.record.going_in == 0


def test_what_serves_already_is_only_asked_again(front: Front) -> None:
    front.serves(1, 2)
    front.alarms, front.registry = Alarms(ERRORS), Registry("InService", version=2)
    assert front.out(2)["way"] == "nothing"


def test_an_endpoint_that_somebody_deleted_is_made_anew_whatever_rings(front: Front) -> None:
    front.serves(1, 2)
    front.alarms = Alarms(ERRORS)
    for status in ("", "Creating"):  # by an execution, it may be, that ended without a word
        front.registry = Registry(status, version=2)
        made = front.out(2)
        assert (made["way"], shares(made)) == ("front", [100])


def test_a_way_back_waits_until_an_endpoint_that_is_being_deleted_has_gone(front: Front) -> None:
    front.serves(1, 2)
    front.registry = Registry("Deleting")
    waits = front.back(2)
    assert (waits["way"], "v1 serves nobody" in waits["waits_for"]) == ("wait", True)
    assert front.record.going_in == 0
    front.registry = Registry()
    assert front.back(2)["way"] == "front"


def test_a_version_that_serves_on_instances_may_move_behind_our_front(front: Front) -> None:
    front.served(2)
    moved = front.out(2)
    assert (moved["way"], shares(moved)) == ("front", [50, 100])


def test_the_way_back_is_all_requests_at_once_and_no_alarm_stops_it(front: Front) -> None:
    front.serves(1, 2, 3)
    front.alarms = Alarms(ERRORS)
    prepared = front.back(3)
    assert (prepared["version"], prepared["leaves"], shares(prepared)) == (2, 3, [100])
    assert prepared["because"] == "asked for by ann: it is odd"
    assert prepared["own_endpoint"] == "tidegate-laptop-flight-delay-v2"
    assert (front.record.shifting(datetime.now(UTC)), front.record.held_by) == (2, "arn:e:9")


def test_who_asks_twice_for_the_way_back_means_the_same_version(front: Front) -> None:
    front.serves(1, 2, 3)
    first = front.back(front.leaves())
    front.executions.running.add("arn:e:9")
    assert (front.leaves(), front.back(3, "arn:e:10")["way"]) == (3, "wait")
    assert front.record.unwanted == ""
    front.records.change(NAME, lambda now: replace(now, share=100))
    assert judge(front.records, {**first, "reason": ""}, 2, "now")["outcome"] == "went back"
    front.executions.running.clear()
    again = front.back(3, "arn:e:10")
    assert (again["version"], again["way"]) == (2, "nothing")
    assert judge(front.records, {**again, "reason": ""}, 2, "now")["outcome"] == "already back"
    assert [one.version for one in front.record.served] == [1, 2]
    assert front.leaves() == 2  # the next wish is another one


def test_a_way_back_that_came_to_nothing_can_be_asked_for_again(front: Front) -> None:
    front.serves(1, 2)
    failed = front.back(front.leaves())
    with pytest.raises(Refused):
        judge(front.records, {**failed, "reason": "no endpoint could be made"}, 2, "now")
    assert (front.leaves(), front.record.going_in) == (2, 0)
    front.registry = Registry("Failed")
    assert front.back(front.leaves(), "arn:e:10")["way"] == "wait"
    assert front.registry.deleted == ["tidegate-laptop-flight-delay-v1"]
    front.registry = Registry()
    again = front.back(front.leaves(), "arn:e:10")
    assert (again["version"], again["leaves"], again["way"]) == (1, 2, "front")
    assert front.out(3, "arn:e:3", 3)["way"] == "front"  # or another version follows
    assert [one.version for one in front.record.taken_back][:1] == [1]


def test_a_roll_out_under_way_is_unwanted_until_it_has_gone(front: Front) -> None:
    front.serves(1, 2)
    front.out(3, "arn:e:3", 3)
    front.executions.running.add("arn:e:3")
    assert front.back(2)["waits_for"] == "the roll-out of version 3 is under way (3)"
    assert front.record.unwanted == ""
    assert front.back(3)["waits_for"].startswith("the roll-out of version 3 is being taken back")
    assert front.record.unwanted == "asked for by ann: it is odd"
    assert front.rung == []  # its looks read the record
    front.records.change(NAME, lambda now: now.settled(3))
    prepared = front.back(3)
    assert (prepared["version"], prepared["way"], prepared["leaves"]) == (2, "nothing", 3)
    assert front.record.taken_back == ()


def test_a_roll_out_that_stopped_without_a_word_is_ended_by_a_rollback(front: Front) -> None:
    front.serves(1, 2)
    front.out(3, "arn:e:3", 3)
    front.records.change(NAME, lambda now: replace(now, share=50))
    prepared = front.back(3)
    assert (prepared["version"], prepared["way"]) == (2, "nothing")
    assert front.record.shifted(datetime.now(UTC)) == 0
    assert [one.version for one in front.record.taken_back] == [3]


def test_of_two_that_ask_at_the_same_time_one_begins(front: Front) -> None:
    front.serves(1)
    front.out(2, "arn:e:2", 2)
    stale = front.record
    front.records.change(NAME, lambda now: replace(now, share=50))
    with pytest.raises(CommitConflict):
        front.records.put(stale, stale.begins(3, "arn:e:3"))


def test_without_anything_before_there_is_no_way_back(front: Front) -> None:
    with pytest.raises(NotFound, match="no version of it is in service"):
        front.back(1)
    front.serves(1)
    with pytest.raises(Refused, match="no version served before version 1"):
        front.back(1)
    assert front.record.going_in == 0
