"""What a model was asked is judged once, window after window, on the local cloud's own services."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from functions import monitor
from tests.functions import watched
from tests.functions.test_crashes import Crash, Died
from tests.functions.world import Context, World
from tests.tidegate.models.text.step_graph import text_model
from tidegate import aws, find
from tidegate.errors import CommitConflict, NotFound, Transient
from tidegate.models.run import resource_name
from tidegate.models.text.declare import NOT_WATCHED
from tidegate.models.watch.place import Places, Window

# A killed call leaves its connection open, as a killed process does.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
WEEK = (130, 7)


@pytest.fixture
def bucket(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    made = watched.settle(world, monkeypatch)
    watched.train(world, made)
    return made


def moved(rows: pl.DataFrame) -> pl.DataFrame:
    """Every request's first feature is one higher."""
    return rows.with_columns(pl.col("a") + 1)


def test_an_ordinary_week_leaves_a_report_and_says_nothing(world: World, bucket: str) -> None:
    watched.ask(world, bucket, watched.frame(*WEEK, seed=2))
    watched.pay(world, watched.frame(0, 1, seed=9))
    seen = watched.watch(world, bucket)
    assert seen.said == "nothing drifted"
    (report,) = watched.reports(world, bucket)
    assert report == json.loads(json.dumps(seen.report))
    assert (report["rows"], report["days"], report["version"], report["run"]) == (420, 7, 1, "dear-1")
    assert {(test["feature"], test["test"]) for test in report["tests"]} == {
        *((name, test) for name in ("a", "b", "_score") for test in ("missing", "outside")),
        *(("a", test) for test in ("kolmogorov-smirnov", "middle")),
        ("b", "chi-square"),
        *(("_score", test) for test in ("kolmogorov-smirnov", "middle")),
    }
    assert report["quality"]["note"].startswith("0 predictions of 0 days have their label")
    assert world.heard() == []


def test_a_model_of_text_is_not_judged_and_the_look_says_why(
    world: World, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(find.models(), "words", text_model(request="trips", column="rider"))
    watched.ask(world, bucket, watched.frame(*WEEK, seed=2), model="words")
    told = monitor.handler({"model": "words", "cause": "Person"}, Context(120))
    assert told == {"model": "words", "said": NOT_WATCHED, "report": None}
    assert world.s3.list_objects_v2(Bucket=bucket, Prefix="watch/").get("Contents", []) == []
    assert world.heard() == []


def test_a_drift_is_reported_and_said_once_and_the_next_window_begins_where_it_ended(
    world: World, bucket: str
) -> None:
    watched.pay(world, watched.frame(0, 1, seed=9))
    watched.ask(world, bucket, moved(watched.frame(*WEEK, seed=2)))
    assert watched.watch(world, bucket).said == "a drifted"
    (fact,) = world.heard()
    (report,) = watched.reports(world, bucket)
    assert fact["detail-type"] == "DriftFound"
    assert fact["detail"]["model"] == "dear"
    told = fact["detail"]
    assert (told["version"], told["what"], told["features"]) == (1, ["drift"], ["a"])
    assert world.report(fact["detail"]["report"]) == report
    assert watched.watch(world, bucket).report is None
    assert Places(world.s3, bucket).read("dear").until == datetime.fromisoformat(report["until"])


def test_too_few_requests_wait_and_are_judged_together_with_later_ones(world: World, bucket: str) -> None:
    watched.pay(world, watched.frame(0, 1, seed=9))
    watched.ask(world, bucket, watched.frame(130, 3, seed=2))
    assert watched.watch(world, bucket).said.startswith("180 of the ")
    assert watched.reports(world, bucket) == []
    watched.ask(world, bucket, watched.frame(133, 4, seed=3))
    watched.watch(world, bucket)
    assert [report["rows"] for report in watched.reports(world, bucket)] == [420]


def test_predictions_are_judged_by_the_labels_that_landed_since(world: World, bucket: str) -> None:
    asked = watched.frame(130, 14, seed=2)
    watched.ask(world, bucket, asked)
    watched.pay(world, asked.sample(600, seed=1))
    report = watched.watch(world, bucket).report
    assert report is not None
    quality = report["quality"]
    assert (quality["rows"], quality["days"], quality["found"]) == (600, 14, ())
    low, high = quality["auc_interval"]
    assert 0.6 < low < quality["auc"] < high < 0.8
    assert abs(quality["mean_score"] - quality["rate"]) < 0.06


def test_labels_that_turned_round_are_a_loss_of_quality(world: World, bucket: str) -> None:
    asked = watched.frame(130, 14, seed=2)
    watched.ask(world, bucket, asked)
    watched.pay(world, asked.with_columns(price=25 - pl.col("price")))
    watched.watch(world, bucket)
    (fact,) = world.heard()
    assert fact["detail"]["what"] == ["quality"]
    (report,) = watched.reports(world, bucket)
    assert report["said"].startswith("auc")


def test_the_version_that_answered_most_is_judged_and_the_others_are_counted(
    world: World, bucket: str
) -> None:
    watched.pay(world, watched.frame(0, 1, seed=9))
    watched.ask(world, bucket, watched.frame(*WEEK, seed=2))
    watched.ask(world, bucket, moved(watched.frame(130, 2, seed=3)), version=2)
    report = watched.watch(world, bucket).report
    assert report is not None
    assert (report["version"], report["rows"]) == (1, 420)
    assert (report["files"], report["files_of_other_versions"]) == (5, 2)


def test_a_version_that_left_nothing_to_compare_with_is_named(world: World, bucket: str) -> None:
    watched.ask(world, bucket, watched.frame(*WEEK, seed=2), version=7)
    with pytest.raises(NotFound, match="no version 7"):
        watched.watch(world, bucket)
    watched.pay(world, watched.frame(0, 1, seed=9))
    watched.ask(world, bucket, watched.frame(*WEEK, seed=2))
    report = watched.watch(world, bucket).report  # the next window is judged all the same
    assert report is not None
    assert (report["version"], report["rows"], report["files_of_other_versions"]) == (1, 420, 0)


def test_a_version_that_was_registered_without_an_evaluation_is_named(world: World, bucket: str) -> None:
    aws.client("sagemaker").create_model_package(ModelPackageGroupName=resource_name(world.name, "dear"))
    watched.ask(world, bucket, watched.frame(*WEEK, seed=2), version=2)
    with pytest.raises(NotFound, match="without an evaluation"):
        watched.watch(world, bucket)


def test_the_function_finishes_a_window_that_was_left_open_and_counts_what_it_saw(
    world: World, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    watched.pay(world, watched.frame(0, 1, seed=9))
    watched.ask(world, bucket, moved(watched.frame(*WEEK, seed=2)))
    places, now = Places(world.s3, bucket), datetime.now(UTC)
    places.open("dear", places.read("dear"), Window(now - timedelta(days=1), now + timedelta(minutes=1)))
    told = monitor.handler({"model": "dear", "cause": "Schedule"}, Context(120))
    assert told["said"] == "a drifted"
    assert len(world.heard()) == 1
    written = capsys.readouterr().out
    assert '"DriftsFound":[1' in written.replace(" ", "")
    assert '"model":"dear"' in written.replace(" ", "")


def test_of_two_looks_at_once_one_goes_on(world: World, bucket: str) -> None:
    places, now = Places(world.s3, bucket), datetime.now(UTC)
    place = places.read("dear")
    places.open("dear", place, Window(now - timedelta(days=1), now))
    with pytest.raises(CommitConflict):
        places.open("dear", place, Window(now - timedelta(days=1), now))


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_death_at_any_call_leads_to_one_report_and_no_row_is_passed_over(
    world: World, bucket: str, when: str, full: bool
) -> None:
    """The one thing that may come twice is the fact, in the same words, of who died before the close."""
    watched.pay(world, watched.frame(0, 1, seed=9))
    rows = moved(watched.frame(*WEEK, seed=2))
    clients = [aws.client(name) for name in ("s3", "events", "athena", "sagemaker")]
    asked = 0
    for number in itertools.count(1, 1 if full else 4):
        watched.ask(world, bucket, rows)
        asked += rows.height
        with Crash(number, when, clients) as crash:
            died = _dies(world, bucket)
        if died:
            watched.watch(world, bucket)
        said = [fact["detail"]["report"] for fact in world.heard()]
        assert len(set(said)) == 1, number
        assert len(said) == 1 or (crash.done and len(said) == 2), number
        assert died == crash.done, number
        watched.forget(world, bucket)  # else each look has more calls than the last
        if not died:
            break
    kept = watched.reports(world, bucket)
    assert number > 8
    assert sum(report["rows"] for report in kept) == asked
    assert [report["since"] for report in kept[1:]] == [report["until"] for report in kept[:-1]]


def _dies(world: World, bucket: str) -> bool:
    try:
        watched.watch(world, bucket)
    except Died:
        return True
    return False


def test_a_query_that_fails_is_asked_again_with_the_next_look(world: World, bucket: str) -> None:
    watched.ask(world, bucket, watched.frame(*WEEK, seed=2))
    with pytest.raises(Transient, match="the query"):  # the table does not exist yet
        watched.watch(world, bucket)
    watched.pay(world, watched.frame(0, 1, seed=9))
    assert watched.watch(world, bucket).said == "nothing drifted"
