"""The endpoint is asked which version answers, and the model's record keeps what came of it."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from functions.verify import answering, ask, judge
from tidegate.errors import Refused
from tidegate.models.in_service import Records, Served, TakenBack
from tidegate.settings import Setting

if TYPE_CHECKING:
    from tests.functions.world import World

PREPARED = {
    "endpoint": "tidegate-laptop-flight-delay",
    "model": "flight_delay",
    "version": 3,
    "package_arn": "arn:3",
    "leaves": 0,
    "because": "",
    "way": "update",
    "reason": "",
}
BACK = {**PREPARED, "version": 2, "package_arn": "arn:2", "leaves": 3, "because": "asked for by ann: odd"}


class Runtime:
    """Stands for SageMaker's runtime in front of one version."""

    def __init__(self, model: str, version: int) -> None:
        self._told = b'{"model": "%s", "version": %d}' % (model.encode(), version)

    def invoke_endpoint(self, **_request: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(self._told)}


@pytest.fixture
def records(world: World) -> Records:
    made = Records(boto3.client("dynamodb"), world.settings[Setting.SERVING_TABLE])
    made.change("flight_delay", lambda now: now.answers(1, "arn:1"))
    made.change("flight_delay", lambda now: now.answers(2, "arn:2"))
    return made


def test_the_endpoint_says_its_version_and_another_models_answer_is_refused() -> None:
    assert ask(Runtime("flight_delay", 3), PREPARED, "here") == 3
    with pytest.raises(Refused, match="other answers, not flight_delay"):
        ask(Runtime("other", 3), PREPARED, "here")


def test_the_version_that_was_rolled_out_is_deployed_and_kept_as_in_service(records: Records) -> None:
    assert judge(records, PREPARED, 3, "now") == {"outcome": "deployed", "version": 3}
    assert records.read("flight_delay").served[-1] == Served(version=3, package_arn="arn:3")


def test_a_roll_out_that_did_not_stay_is_taken_back_with_sagemakers_reason(records: Records) -> None:
    came = judge(records, {**PREPARED, "reason": "alarm(s) [slow]"}, 2, "now")
    assert came == {"outcome": "taken back", "version": 3, "back_to": 2, "reason": "alarm(s) [slow]"}
    now = records.read("flight_delay")
    assert (now.version, now.going_in) == (2, 0)
    assert now.taken_back == (TakenBack(version=3, back_to=2, reason="alarm(s) [slow]", at="now"),)


def test_who_is_asked_again_gives_the_reason_that_it_gave_first(records: Records) -> None:
    """The record forgets what was held against a version as soon as it has left."""
    records.change("flight_delay", lambda now: replace(now.begins(3), unwanted="scores moved by 0.3"))
    told = {**PREPARED, "reason": "alarm(s) [unwanted]"}
    first = judge(records, told, 2, "now")
    assert first["reason"] == "scores moved by 0.3; alarm(s) [unwanted]"
    assert judge(records, told, 2, "later") == first
    assert len(records.read("flight_delay").taken_back) == 1


def test_what_an_aborted_deployment_left_in_service_is_recorded_when_it_answers(records: Records) -> None:
    """SageMaker finished the update to version 3, and took the one to version 4 back to it."""
    records.change("flight_delay", lambda now: now.begins(3).begins(4))
    told = {**PREPARED, "version": 4, "package_arn": "arn:group/4", "reason": "alarm(s) [slow]"}
    came = judge(records, told, 3, "now")
    assert (came["version"], came["back_to"]) == (4, 3)
    now = records.read("flight_delay")
    assert now.served[-1] == Served(version=3, package_arn="arn:group/3")
    assert (now.before(3).version, now.going_in) == (2, 0)
    assert judge(records, told, 3, "later") == came
    assert records.read("flight_delay") == now


def test_the_way_back_is_done_when_what_served_before_answers(records: Records) -> None:
    judge(records, PREPARED, 3, "then")
    came = judge(records, BACK, 2, "now")
    assert came == {"outcome": "went back", "version": 3, "back_to": 2, "reason": "asked for by ann: odd"}
    now = records.read("flight_delay")
    assert now.version == 2
    assert now.before(2).version == 1  # and not 3 again


def test_a_way_back_whose_version_does_not_come_up_has_failed_and_is_over(records: Records) -> None:
    judge(records, PREPARED, 3, "then")
    records.change("flight_delay", lambda now: now.begins(2, "arn:e:9", leaves=3))
    told = {**BACK_OWN, "execution": "arn:e:9", "reason": "its endpoint is Failed: no ping"}
    said = "version 2 did not come up: its endpoint is Failed: no ping; version 3 answers"
    for _ in range(2):  # who dies on it is asked again
        with pytest.raises(Refused, match=said):
            judge(records, told, 3, "now")
        now = records.read("flight_delay")
        assert (now.version, now.going_in, now.leaves, now.held_by) == (3, 0, 0, "")
        assert [(one.version, one.back_to, one.reason) for one in now.taken_back] == [(2, 3, told["reason"])]
    assert now.before(3).version == 2  # asked again, it means the same


def test_a_way_back_that_another_execution_took_over_is_left_to_it(records: Records) -> None:
    records.change("flight_delay", lambda now: now.begins(1, "arn:e:10", leaves=2))
    told = {**BACK_OWN, "version": 1, "leaves": 2, "execution": "arn:e:9"}
    with pytest.raises(Refused, match="nobody looked after its share; version 2 answers"):
        judge(records, told, 2, "now")
    now = records.read("flight_delay")
    assert (now.going_in, now.held_by, now.taken_back) == (1, "arn:e:10", ())


def test_a_way_back_on_instances_that_sagemaker_takes_back_has_failed(records: Records) -> None:
    with pytest.raises(Refused, match=r"version 1 did not come up: SageMaker gives no reason; version 2"):
        judge(records, {**BACK, "version": 1, "leaves": 2}, 2, "now")
    assert [one.version for one in records.read("flight_delay").taken_back] == [1]


def test_what_had_gone_by_itself_is_not_told_twice(records: Records) -> None:
    assert judge(records, {**BACK, "way": "nothing"}, 2, "now") == {"outcome": "already back", "version": 2}
    assert records.read("flight_delay").taken_back == ()


NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
OWN = {**PREPARED, "own_endpoint": "tidegate-laptop-flight-delay-v3"}
BACK_OWN = {**BACK, "own_endpoint": "tidegate-laptop-flight-delay-v2"}


def shifted(records: Records, version: int, share: int) -> None:
    until = (NOW + timedelta(minutes=5)).isoformat()
    records.change("flight_delay", lambda now: replace(now.begins(version, watched_until=until), share=share))


def test_on_instances_the_endpoint_of_the_models_name_is_asked(records: Records) -> None:
    assert answering(records, "laptop", PREPARED, NOW) == "tidegate-laptop-flight-delay"


def test_behind_our_front_that_endpoint_is_asked_which_gets_the_requests(records: Records) -> None:
    shifted(records, 3, 100)
    assert answering(records, "laptop", OWN, NOW) == OWN["own_endpoint"]
    assert answering(records, "laptop", OWN, NOW + timedelta(minutes=5)) == "tidegate-laptop-flight-delay"
    shifted(records, 3, 0)
    assert answering(records, "laptop", OWN, NOW) == "tidegate-laptop-flight-delay"
    shifted(records, 4, 100)  # another deployment took over
    assert answering(records, "laptop", OWN, NOW) == "tidegate-laptop-flight-delay"


def test_a_first_version_that_never_came_leaves_nobody_to_be_asked(world: World) -> None:
    records = Records(boto3.client("dynamodb"), world.settings[Setting.SERVING_TABLE])
    told = {**OWN, "reason": "its endpoint is Failed: no ping"}
    with pytest.raises(Refused, match="did not come into service: its endpoint is Failed: no ping"):
        answering(records, "laptop", told, NOW)


def test_a_version_keeps_the_endpoint_that_it_has_of_its_own(records: Records) -> None:
    shifted(records, 3, 100)
    assert judge(records, OWN, 3, "now")["outcome"] == "deployed"
    assert records.read("flight_delay").endpoint("laptop") == OWN["own_endpoint"]
    shifted(records, 2, 100)
    assert judge(records, BACK_OWN, 2, "now")["outcome"] == "went back"
    now = records.read("flight_delay")
    assert (now.version, now.endpoint("laptop")) == (2, BACK_OWN["own_endpoint"])
    assert [one.version for one in now.served] == [1, 2]


def test_a_version_to_which_instances_go_back_answers_there(records: Records) -> None:
    """It had an endpoint of its own before its model moved."""
    records.change("flight_delay", lambda now: now.answers(2, "arn:2", str(BACK_OWN["own_endpoint"])))
    judge(records, PREPARED, 3, "then")
    judge(records, BACK, 2, "now")
    assert records.read("flight_delay").endpoint("laptop") == BACK["endpoint"]


def test_a_share_that_lapsed_is_a_roll_out_that_was_taken_back(records: Records) -> None:
    came = judge(records, OWN, 2, "now")
    assert (came["outcome"], came["reason"]) == ("taken back", "nobody looked after its share")
