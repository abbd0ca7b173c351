"""Versions that predict something else are told from versions that predict a little better."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from functions.compare import judge
from tidegate.models.captures import capture_key, lines, moment_of
from tidegate.models.in_service import Records
from tidegate.models.shift import captured, compare
from tidegate.settings import Setting

if TYPE_CHECKING:
    from tests.functions.world import World

NOW = datetime.now(UTC)


def scores(mean: float, count: int, seed: int) -> list[float]:
    chance = random.Random(seed)
    return [min(1.0, max(0.0, chance.gauss(mean, 0.15))) for _ in range(count)]


def test_two_samples_of_the_same_scores_lie_close_together() -> None:
    found = [compare(scores(0.3, 100, seed), scores(0.3, 100, seed + 1000)) for seed in range(200)]
    assert sum(one.too_far for one in found) == 0
    assert all(one.known for one in found)


def test_scores_that_moved_or_that_are_turned_round_lie_too_far_apart() -> None:
    usual = scores(0.3, 500, 1)
    assert compare(usual, [score + 0.2 for score in usual]).distance == pytest.approx(0.2)
    assert compare(usual, [score + 0.2 for score in usual]).too_far
    assert compare(usual, [1 - score for score in usual]).too_far
    assert compare([0.5] * 200, [0.2, 0.8] * 100).too_far  # the same mean
    assert not compare(usual, [score + 0.05 for score in usual]).too_far


def test_of_texts_no_distance_is_too_far_but_it_is_told() -> None:
    found = compare([-2.0] * 200, [-1.0] * 200, held=False)
    assert (found.known, found.too_far) == (True, False)
    assert "lie 1.000 apart on average, which is not judged of texts" in found.words()


def test_a_few_rows_say_nothing() -> None:
    found = compare([0.1] * 99, [0.9] * 1000)
    assert (found.known, found.too_far) == (False, False)
    assert not compare([], [0.9] * 1000).known


def test_what_was_captured_since_the_roll_out_began_is_read_by_version(world: World) -> None:
    bucket, s3 = world.lake, world.s3
    for at, version, score in ((NOW, 1, 0.2), (NOW, 2, 0.9), (NOW - timedelta(hours=1), 1, 0.3)):
        many: dict[str, Any] = {"rows": [{}] * 150, "features": [{}] * 150, "scores": [score] * 150}
        body = b"".join(lines(identity="i", moment=moment_of(at), version=version, **many))
        s3.put_object(Bucket=bucket, Key=capture_key("m", at, version, uuid.uuid4().hex), Body=body)
    later = datetime.now(UTC) + timedelta(minutes=5)  # an object's own time says when it was written
    assert captured(s3, bucket, "m", later, later) == {}
    found = captured(s3, bucket, "m", NOW - timedelta(hours=1), NOW)
    assert found == {1: [0.3] * 150 + [0.2] * 150, 2: [0.9] * 150}

    records = Records(boto3.client("dynamodb"), world.settings[Setting.SERVING_TABLE])
    records.change("m", lambda now: now.answers(1, "arn:1"))
    records.change("m", lambda now: now.begins(2))
    assert judge(records, {"model": "m", "version": 2}, found)[0].too_far
    assert records.read("m").unwanted.startswith("prediction shift: scores lie 0.650 apart")
    assert not judge(records, {"model": "m", "version": 3}, found)[0].known

    records.change("m", lambda now: now.answers(1, "arn:1"))
    records.change("m", lambda now: now.begins(2))
    assert judge(records, {"model": "m", "version": 2, "writes": True}, found)[1] == ""
