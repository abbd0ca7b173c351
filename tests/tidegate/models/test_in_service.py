"""A model's record: what served before is known, also after going back, and two cannot change it at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest

from tidegate.errors import CommitConflict, Refused
from tidegate.models.in_service import InService, Records, TakenBack, leaving
from tidegate.settings import Setting

if TYPE_CHECKING:
    from tests.functions.world import World


def served(*versions: int) -> InService:
    record = InService(model="m")
    for version in versions:
        record = record.answers(version, f"arn:{version}")
    return record


def left(version: int, back_to: int) -> TakenBack:
    return TakenBack(version=version, back_to=back_to, reason="odd")


def test_what_served_before_is_the_version_before() -> None:
    assert served(1, 2, 3).before(3).version == 2
    assert served(1, 2, 1).before(1).version == 2
    with pytest.raises(Refused, match="no version served before version 1"):
        served(1).before(1)


def test_going_back_twice_goes_back_two_versions() -> None:
    once = served(1, 2, 3).went_back(left(3, 2))
    assert (once.version, once.before(2).version) == (2, 1)
    assert once.went_back(left(2, 1)).version == 1


def test_a_roll_out_that_was_taken_back_never_served() -> None:
    record = served(1, 2).begins(3).went_back(left(3, 2))
    assert (record.version, record.going_in, record.before(2).version) == (2, 0, 1)


def test_what_leaves_is_what_is_on_its_way_in_or_else_what_serves() -> None:
    record = served(1, 2).begins(3)
    assert leaving(record, "Updating") == 3
    assert leaving(record, "InService") == 2  # its roll-out ended without a word
    assert leaving(served(1, 2), "Updating") == 2


def test_a_record_is_kept_and_two_do_not_change_it_at_once(world: World) -> None:
    records = Records(boto3.client("dynamodb"), world.settings[Setting.SERVING_TABLE])
    assert records.read("m") == InService(model="m")
    records.change("m", lambda now: now.answers(1, "arn:1"))

    def slow(now: InService) -> InService:
        records.change("m", lambda now: now.begins(2))
        return now.answers(3, "arn:3")

    with pytest.raises(CommitConflict, match="it was changed at the same time"):
        records.change("m", slow)
    assert records.read("m") == served(1).begins(2)
    records.change("m", lambda now: now.went_back(left(2, 1)))
    assert records.read("m").taken_back == (left(2, 1),)
