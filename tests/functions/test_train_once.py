"""One training for each state of tables, contracts and code, whoever asks, and wherever it dies."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from tests.functions.test_crashes import Crash, Died
from tests.functions.test_train import PUBLISHED, finished, publish, trainings
from tests.tidegate.models.plans import MODEL, PLAN
from tidegate.errors import CommitConflict
from tidegate.models.decide import Nothing, Wish, decide

if TYPE_CHECKING:
    from collections.abc import Callable

    from tidegate.models.trainings import Trainings

__all__ = ["trainings"]  # the fixture
SCHEDULE = Wish.from_event({"model": "flight_delay", "cause": "Schedule"})
OFTEN = replace(MODEL, retrain=replace(MODEL.retrain, most_a_day=1000))
TRIES = 3  # Lambda's, of an event that it delivers asynchronously
# A killed call leaves its connection open, as a killed process does.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def delivered(trainings: Trainings, wish: Wish) -> None:
    """One delivery, as `functions/train.py` does it and Lambda repeats it."""
    for _ in range(TRIES):
        decision = decide(OFTEN, PLAN, wish, trainings.seen(OFTEN))
        if isinstance(decision, Nothing):
            return
        try:
            trainings.start(decision)
        except CommitConflict:
            continue
        return


def runs(trainings: Trainings) -> list[str]:
    pages = trainings.states.get_paginator("list_executions").paginate(stateMachineArn=trainings.machine)
    return [one["name"] for page in pages for one in page["executions"]]


def ended(trainings: Trainings) -> None:
    """Wait until no training is under way."""
    for run in runs(trainings):
        finished(trainings, run)


def test_ten_triggers_and_a_schedule_at_once_start_one_training(
    trainings: Trainings, figure: Callable[[int], int]
) -> None:
    for number in range(1, figure(20) + 1):
        publish(trainings, "flights", 100 + number, 1000 * number)
        publish(trainings, "weather", 500 + number, 5)
        wishes = [*[PUBLISHED] * 10, SCHEDULE]
        together = Barrier(len(wishes))

        def one(wish: Wish, together: Barrier = together) -> None:
            together.wait()
            delivered(trainings, wish)

        with ThreadPoolExecutor(len(wishes)) as pool:
            list(pool.map(one, wishes))
        assert len(runs(trainings)) == number
        ended(trainings)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_decision_that_dies_at_any_call_still_starts_one_training(trainings: Trainings, when: str) -> None:
    for number in itertools.count(1):
        publish(trainings, "flights", 100 + number, 1000 * number)
        publish(trainings, "weather", 500 + number, 5)
        with Crash(number, when, [trainings.s3, trainings.glue, trainings.states]) as crash:
            try:
                delivered(trainings, PUBLISHED)
            except Died:
                assert crash.done
        for wish in (PUBLISHED, SCHEDULE, PUBLISHED):
            delivered(trainings, wish)
        assert len(runs(trainings)) == number, number
        ended(trainings)
        if not crash.done:
            break
    assert number > 8
