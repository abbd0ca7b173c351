"""Each look at a roll-out moves requests by its course, or gives all of them back at once."""

from __future__ import annotations

import io
import json
import re
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tidegate.models.in_service import InService, Records
from tidegate.models.shares import STRAIGHT, course
from tidegate.models.shifting import WATCHED, Shifting
from tidegate.models.ways import Canary, Shadow
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.functions.world import World
    from tidegate.models.shares import Step

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
CANARY = course(Canary(percent=10, seconds=30))


class Cloud:
    """Stand for SageMaker and CloudWatch: an endpoint in a state, its answer, alarms that ring."""

    def __init__(self, status: str = "InService", version: int = 2, ringing: Sequence[str] = ()) -> None:
        self.status, self.version, self.ringing, self.model = status, version, ringing, "m"
        self.error, self.reason = "ModelError", "no ping"

    def describe_endpoint(self, EndpointName: str) -> dict[str, str]:
        if not self.status:
            error = {"Code": "ValidationException", "Message": f"Could not find endpoint {EndpointName}"}
            raise ClientError({"Error": error}, "DescribeEndpoint")
        return {"EndpointStatus": self.status, "FailureReason": self.reason}

    def invoke_endpoint(self, EndpointName: str, **_request: Any) -> dict[str, Any]:
        assert EndpointName == "tidegate-laptop-m-v2"
        if not self.version:
            raise ClientError({"Error": {"Code": self.error, "Message": "it crashed"}}, "InvokeEndpoint")
        return {"Body": io.BytesIO(json.dumps({"model": self.model, "version": self.version}).encode())}

    def describe_alarms(self, AlarmNames: list[str], StateValue: str) -> dict[str, Any]:
        assert (AlarmNames[0], StateValue) == ("tidegate-laptop-m-errors", "ALARM")
        return {"MetricAlarms": [{"AlarmName": name} for name in AlarmNames if name in self.ringing]}


class RollOut:
    """Version 2 on its way in beside version 1."""

    def __init__(self, records: Records, steps: Sequence[Step] = CANARY) -> None:
        self.records, self.now, self.looked = records, NOW, 0
        self.prepared = {
            "model": "m",
            "version": 2,
            "leaves": 0,
            "endpoint": "tidegate-laptop-m",
            "own_endpoint": "tidegate-laptop-m-v2",
            "execution": "arn:e:2",
            "course": [asdict(step) for step in steps],
        }
        self.change(lambda now: now.answers(1, "arn:1", "tidegate-laptop-m-v1"))
        self.change(lambda now: now.begins(2, "arn:e:2", watched_until=(NOW + WATCHED).isoformat()))

    def change(self, how: Any) -> InService:
        return self.records.change("m", how)

    def look(self, cloud: Cloud | None = None, **more: Any) -> dict[str, Any]:
        cloud = cloud or Cloud()
        shifting = Shifting(
            sagemaker=cloud, runtime=cloud, cloudwatch=cloud, records=self.records, now=self.now
        )
        found = shifting.look({**self.prepared, "looked": self.looked, **more})
        self.looked = found["looked"]
        self.now += timedelta(seconds=15)
        return found

    def shares(self) -> tuple[int, int]:
        record = self.records.read("m")
        return record.shifted(self.now), record.copies if record.shifting(self.now) else 0


@pytest.fixture
def records(world: World) -> Records:
    return Records(boto3.client("dynamodb"), world.settings[Setting.SERVING_TABLE])


def test_requests_shift_by_the_course_and_the_last_look_says_so(records: Records) -> None:
    rollout, seen = RollOut(records), []
    while (found := rollout.look())["state"] == "goes on":
        seen.append((rollout.shares()[0], found["compares"]))
    assert seen == [(10, True)] * 2 + [(100, False)] * 4
    assert (found["state"], found["reason"], rollout.shares()) == ("over", "", (100, 0))


def test_an_endpoint_that_is_being_made_is_waited_for_and_the_share_stays_watched(records: Records) -> None:
    rollout = RollOut(records)
    for _ in range(40):  # ten minutes
        assert rollout.look(Cloud("Creating"))["state"] == "waits"
        assert rollout.shares() == (0, 0)
        assert records.read("m").shifting(rollout.now) == 2
    assert rollout.look()["state"] == "goes on"
    assert rollout.shares() == (10, 0)


@pytest.mark.parametrize("error", ["ModelNotReadyException", "ThrottlingException"])
def test_an_endpoint_without_a_free_container_is_asked_again_at_the_next_look(
    records: Records, error: str
) -> None:
    rollout = RollOut(records)
    starting = Cloud(version=0)
    starting.error = error
    found = rollout.look(starting)
    assert (found["state"], found["looked"], rollout.shares()) == ("waits", 0, (0, 0))
    assert rollout.look()["state"] == "goes on"


@pytest.mark.parametrize(
    ("cloud", "said"),
    [
        (Cloud("Failed"), "its endpoint is Failed: no ping"),
        (Cloud(""), "its endpoint is gone"),
        (Cloud(version=0), "it does not answer: .*it crashed"),
        (Cloud(version=7), "version 7 of m answers at its endpoint"),
        (Cloud(ringing=["tidegate-laptop-m-errors"]), "alarms went off: tidegate-laptop-m-errors"),
    ],
)
def test_a_version_against_which_something_speaks_gets_no_request(
    records: Records, cloud: Cloud, said: str
) -> None:
    rollout = RollOut(records)
    found = rollout.look(cloud)
    assert found["state"] == "over"
    assert re.search(said, found["reason"])
    assert rollout.shares() == (0, 0)


def test_an_alarm_or_a_word_against_it_in_the_midst_gives_everything_back_at_once(records: Records) -> None:
    rollout = RollOut(records)
    rollout.look()
    rollout.look()
    rollout.look()
    assert rollout.shares() == (100, 0)
    found = rollout.look(Cloud(ringing=["tidegate-laptop-m-latency"]))
    assert (found["state"], rollout.shares()) == ("over", (0, 0))
    assert found["reason"] == "one or more alarms went off: tidegate-laptop-m-latency"
    rollout = RollOut(records)
    rollout.look()
    rollout.change(lambda now: replace(now, unwanted="it is odd"))
    assert rollout.look()["state"] == "over"
    assert rollout.shares() == (0, 0)
    assert records.read("m").unwanted == "it is odd"


def test_what_failed_elsewhere_in_the_machine_gives_everything_back(records: Records) -> None:
    rollout = RollOut(records)
    rollout.look()
    found = rollout.look(failed="CompareShares failed: no figures")
    assert (found["state"], found["reason"]) == ("over", "CompareShares failed: no figures")
    assert rollout.shares() == (0, 0)


def test_a_first_version_is_waited_for_and_one_that_does_not_come_is_in_nobodys_way(
    records: Records,
) -> None:
    rollout = RollOut(records, STRAIGHT)
    rollout.change(lambda now: replace(now, served=()))
    assert rollout.look(Cloud("Creating"))["state"] == "waits"
    assert records.read("m").shifting(rollout.now) == 2
    assert rollout.look(Cloud("Failed"))["state"] == "over"
    now = records.read("m")
    assert (now.going_in, now.held_by) == (0, "")
    assert [(one.version, one.reason) for one in now.taken_back] == [(2, "its endpoint is Failed: no ping")]


def test_of_a_container_that_crashed_the_exception_is_told(records: Records) -> None:
    crashed = Cloud("Failed")
    crashed.reason = (
        "no ping. It last wrote: in load\n  File \"a.py\", line 1\n    told[name]\nKeyError: 'fare'\n"
    )
    assert RollOut(records).look(crashed)["reason"] == "its endpoint is Failed: KeyError: 'fare'"


def test_a_look_that_is_taken_again_changes_nothing(records: Records) -> None:
    rollout = RollOut(records)
    rollout.look()
    rollout.looked = 0
    again = rollout.look()
    assert (again["looked"], rollout.shares()) == (1, (10, 0))


def test_when_nobody_looks_the_share_lapses_and_a_late_look_takes_it_up_again(records: Records) -> None:
    rollout = RollOut(records)
    rollout.look()
    rollout.now += WATCHED
    assert rollout.shares() == (0, 0)
    assert rollout.look()["state"] == "goes on"
    assert rollout.shares() == (10, 0)


def test_a_late_look_leaves_the_deployment_that_took_over_alone(records: Records) -> None:
    rollout = RollOut(records)
    rollout.look()
    later = rollout.now + WATCHED
    until = (later + WATCHED).isoformat()
    for version in (3, 2):  # the same version, it may be, by another execution
        begun = rollout.change(lambda now, v=version: now.begins(v, "arn:e:3", watched_until=until))
        rollout.change(lambda now: replace(now, share=50))
        rollout.now = later
        found = rollout.look()
        assert (found["state"], found["reason"][:30]) == ("over", "another deployment took over: ")
        assert records.read("m") == replace(begun, share=50)


def test_a_shadow_is_compared_to_its_last_look_before_it_takes_over(records: Records) -> None:
    rollout = RollOut(records, course(Shadow(percent=100, seconds=30)))
    first, second = rollout.look(), rollout.look()
    assert rollout.shares() == (0, 100)
    assert [(one["copies"], one["last"], one["compares"]) for one in (first, second)] == [
        (100, False, True),
        (100, True, True),
    ]
    assert rollout.look()["copies"] == 0
    assert rollout.shares() == (100, 0)


def test_nothing_speaks_against_an_endpoint_that_is_made_anew(records: Records) -> None:
    rollout = RollOut(records, STRAIGHT)
    rollout.change(
        lambda now: replace(now.answers(2, "arn:2", "tidegate-laptop-m-v2"), going_in=2, held_by="arn:e:2")
    )
    assert rollout.look(Cloud(ringing=["tidegate-laptop-m-errors"]))["state"] == "goes on"


def test_nothing_speaks_against_a_way_back(records: Records) -> None:
    rollout = RollOut(records, STRAIGHT)
    rollout.prepared["leaves"] = 1
    ringing = Cloud(ringing=["tidegate-laptop-m-errors"])
    assert rollout.look(ringing)["state"] == "goes on"
    assert rollout.shares() == (100, 0)
    assert rollout.look(ringing)["reason"] == ""
