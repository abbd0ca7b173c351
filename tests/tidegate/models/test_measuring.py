"""An endpoint's metrics say what happened, in lines that CloudWatch reads as metrics."""

from __future__ import annotations

import json
import statistics
from typing import Any

from infra.local.ministack.embedded_metrics import read
from tests.clouds import eventually
from tidegate.models.capturing import Tally
from tidegate.models.measuring import MOST_SCORES, Measuring

NAMED = {"environment": "laptop", "model": "m", "version": "3"}


def made(lines: list[str], *tallies: Tally, **more: Any) -> Measuring:
    waiting = iter(tallies)
    return Measuring(NAMED, lambda: next(waiting, Tally()), write=lines.append, **more)


def sums(lines: list[str]) -> dict[str, float]:
    """What the metrics of version 3 add up to, as CloudWatch would read them."""
    found: dict[str, float] = {}
    for datum in (datum for line in lines for datum in read(line)):
        assert datum.namespace == "Tidegate"
        if datum.dimensions == NAMED:
            found[datum.name] = found.get(datum.name, 0) + sum(datum.values)
    return found


def test_what_happened_is_one_line_that_names_model_and_version() -> None:
    lines: list[str] = []
    measuring = made(lines, Tally(written=5, lost=2, failures=1))
    measuring.answered([0.25, 0.5])
    measuring.answered([0.75])
    measuring.refused()
    measuring.tell()
    assert len(lines) == 1
    assert sums(lines) == {
        "Predictions": 3,
        "RefusedRequests": 1,
        "CapturedRows": 5,
        "LostCaptures": 2,
        "FailedCaptureWrites": 1,
        "Score": 1.5,
    }
    of_all_versions = [datum for datum in read(lines[0]) if "version" not in datum.dimensions]
    assert {datum.name for datum in of_all_versions} == sums(lines).keys()


def test_texts_that_were_streamed_or_not_finished_are_counted_where_there_are_any() -> None:
    lines: list[str] = []
    measuring = made(lines)
    for number in range(2 * MOST_SCORES):
        measuring.streamed(3, 20.0 + number % 2)
    measuring.unfinished()
    measuring.tell()
    found = sums(lines)
    assert (found["Pieces"], found["UnfinishedAnswers"]) == (6 * MOST_SCORES, 1)
    assert 20.0 < found["FirstPiece"] / MOST_SCORES < 21.0
    (first,) = {datum.unit for datum in read(lines[0]) if datum.name == "FirstPiece"}
    assert first == "Milliseconds"


def test_a_score_that_is_no_number_is_counted_and_leaves_the_line_readable() -> None:
    lines: list[str] = []
    measuring = made(lines)
    measuring.answered([float("nan"), 0.5])
    measuring.tell()
    assert (sums(lines)["Predictions"], sums(lines)["Score"]) == (2, 0.5)


def test_nothing_is_said_of_nothing_and_nothing_is_said_twice() -> None:
    lines: list[str] = []
    measuring = made(lines)
    measuring.tell()
    measuring.answered([0.5])
    measuring.tell()
    measuring.tell()
    assert sums(lines)["Predictions"] == len(lines) == 1


def test_of_many_scores_a_fair_sample_is_told_and_every_prediction_is_counted() -> None:
    lines: list[str] = []
    measuring = made(lines)
    for number in range(10_000):
        measuring.answered([number / 10_000])
    measuring.tell()
    told = json.loads(lines[0])
    assert (told["Predictions"], len(told["Score"])) == (10_000, MOST_SCORES)
    assert abs(statistics.mean(told["Score"]) - 0.5) < 6 * 0.29 / MOST_SCORES**0.5


def test_it_tells_by_itself_and_at_its_end() -> None:
    lines: list[str] = []
    measuring = made(lines, every_seconds=0.05)
    measuring.start()
    measuring.answered([0.5])
    assert eventually(lambda: len(lines), 10) == 1
    measuring.refused()
    measuring.close()
    assert sums(lines) == {
        "Predictions": 1,
        "RefusedRequests": 1,
        "CapturedRows": 0,
        "LostCaptures": 0,
        "FailedCaptureWrites": 0,
        "Score": 0.5,
    }
