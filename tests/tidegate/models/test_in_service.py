"""A model's record: what served before is known, also after going back, and two cannot change it at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import pytest

from tidegate.errors import CommitConflict, Refused
from tidegate.models.in_service import InService, Records, TakenBack, leaving
from tidegate.settings import Setting

if TYPE_CHECKING:
    from tests.functions.world import World

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


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


def test_what_is_said_again_changes_nothing_and_its_first_words_stay() -> None:
    """Whoever writes the record may die before it tells so, and is asked again."""
    once = served(1, 2, 3).went_back(left(3, 2))
    assert once.went_back(replace(left(3, 2), reason="nobody said why", at="later")) == once
    assert once.version == 2
    assert served(1).answers(2, "arn:2").answers(2, "arn:2") == served(1, 2)
    assert len(once.went_back(left(2, 1)).taken_back) == 2


def test_a_version_that_is_taken_back_twice_is_told_twice() -> None:
    once = served(1, 2).begins(3).went_back(left(3, 2))
    assert len(once.begins(3).went_back(left(3, 2)).taken_back) == 2
    assert len(once.answers(3, "arn:3").went_back(left(3, 2)).taken_back) == 2


def test_a_roll_out_that_was_taken_back_never_served() -> None:
    record = served(1, 2).begins(3).went_back(left(3, 2))
    assert (record.version, record.going_in, record.before(2).version) == (2, 0, 1)


def test_what_leaves_is_what_is_on_its_way_in_or_else_what_serves() -> None:
    record = served(1, 2).begins(3)
    assert leaving(record, "Updating", "tidegate-m-v3", NOW) == 3
    assert leaving(record, "InService", "tidegate-m-v2", NOW) == 2  # its roll-out ended without a word
    assert leaving(served(1, 2), "Updating", "tidegate-m-v2", NOW) == 2


def shifted(share: int, seconds: int = 60) -> InService:
    """Version 3 on its way in at our front, beside 1 and 2 that served."""
    until = (NOW + timedelta(seconds=seconds)).isoformat()
    return replace(served(1, 2).begins(3, watched_until=until), share=share)


def test_at_our_front_a_version_is_on_its_way_in_while_somebody_watches() -> None:
    assert (shifted(50).shifting(NOW), shifted(50).shifted(NOW)) == (3, 50)
    assert (shifted(50, -1).shifting(NOW), shifted(50, -1).shifted(NOW)) == (0, 0)
    assert leaving(shifted(50), "InService", "tidegate-m-v2-2048mb-20", NOW) == 3
    assert leaving(shifted(50, -1), "InService", "tidegate-m-v2-2048mb-20", NOW) == 2


def test_the_end_of_a_roll_out_takes_its_share_along() -> None:
    for ended in (shifted(100).answers(3, "arn:3", "own"), shifted(50).went_back(left(3, 2))):
        assert (ended.going_in, ended.share, ended.watched_until) == (0, 0, "")


def test_who_comes_too_late_ends_no_other_versions_roll_out() -> None:
    """Nobody looked after version 3, so that another deployment began with version 4."""
    other = replace(shifted(50).begins(4, watched_until=shifted(50).watched_until), share=10)
    assert other.went_back(left(3, 2)).shifted(NOW) == 10
    assert other.answers(3, "arn:3").shifting(NOW) == 4


def test_what_answers_is_at_its_own_endpoint_or_at_the_models() -> None:
    assert served(1).endpoint("laptop") == "tidegate-laptop-m"
    assert served(1).answers(2, "arn:2", "tidegate-laptop-m-v2").endpoint("laptop") == "tidegate-laptop-m-v2"


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
