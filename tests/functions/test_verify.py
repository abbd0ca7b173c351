"""The endpoint is asked which version answers, and the model's record keeps what came of it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from functions.verify import ask, judge
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
    assert ask(Runtime("flight_delay", 3), PREPARED) == 3
    with pytest.raises(Refused, match="other answers, not flight_delay"):
        ask(Runtime("other", 3), PREPARED)


def test_the_version_that_was_rolled_out_is_deployed_and_kept_as_in_service(records: Records) -> None:
    assert judge(records, PREPARED, 3, "now") == {"outcome": "deployed", "version": 3}
    assert records.read("flight_delay").served[-1] == Served(version=3, package_arn="arn:3")


def test_a_roll_out_that_did_not_stay_is_taken_back_with_sagemakers_reason(records: Records) -> None:
    came = judge(records, {**PREPARED, "reason": "alarm(s) [slow]"}, 2, "now")
    assert came == {"outcome": "taken back", "version": 3, "back_to": 2, "reason": "alarm(s) [slow]"}
    now = records.read("flight_delay")
    assert (now.version, now.going_in) == (2, 0)
    assert now.taken_back == (TakenBack(version=3, back_to=2, reason="alarm(s) [slow]", at="now"),)


def test_the_way_back_is_done_when_what_served_before_answers(records: Records) -> None:
    judge(records, PREPARED, 3, "then")
    came = judge(records, BACK, 2, "now")
    assert came == {"outcome": "went back", "version": 3, "back_to": 2, "reason": "asked for by ann: odd"}
    now = records.read("flight_delay")
    assert now.version == 2
    assert now.before(2).version == 1  # and not 3 again


def test_a_way_back_after_which_another_version_answers_has_failed(records: Records) -> None:
    with pytest.raises(Refused, match="version 3 of flight_delay answers, not version 2"):
        judge(records, BACK, 3, "now")


def test_what_had_gone_by_itself_is_not_told_twice(records: Records) -> None:
    assert judge(records, {**BACK, "way": "nothing"}, 2, "now") == {"outcome": "already back", "version": 2}
    assert records.read("flight_delay").taken_back == ()
