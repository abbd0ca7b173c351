"""`tidegate drift` shows what the watch found, how it went before, and what came of it."""

from __future__ import annotations

import argparse
import io
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from infra.cli import drift, place
from infra.cli.answer import Exit
from infra.cli.screen import Screen
from tests.tidegate.models.text.step_graph import text_model
from tidegate import find
from tidegate.models.text.declare import NOT_WATCHED
from tidegate.models.watch.judge import Finding
from tidegate.models.watch.quality import Quality
from tidegate.settings import Setting

if TYPE_CHECKING:
    from infra.cli.place import Place
    from infra.local.cloud import LocalCloud

ENVIRONMENT, BUCKET = "drift-tests", "drift-artefact"
SHAPE = Finding(
    feature="distance", test="kolmogorov-smirnov", value=0.31, expected=0.0, limit=0.1, chance=1e-9,
    effective=900.0, further=True, drifted=True,
)  # fmt: skip
SHARE = Finding(
    feature="_score", test="missing", value=0.02, expected=0.01, limit=0.05, chance=0.4,
    effective=900.0, further=False,
)  # fmt: skip
JUDGED = Quality(
    rows=900, days=9, note="", found=("auc",), auc=0.61, auc_interval=(0.58, 0.64), expected_auc=0.7,
    log_loss=0.5, base_rate_log_loss=0.52, rate=0.2, mean_score=0.22, bias_interval=(0.01, 0.03),
    calibration_error=0.02,
)  # fmt: skip


def report(until: str, found: list[str], quality: Quality) -> dict[str, Any]:
    return {
        "model": "flight_delay", "version": 3, "run": "r", "since": "2026-11-01T00:00:00+00:00",
        "until": until, "rows": 1234, "found": found,
        "said": "distance drifted" if found else "nothing drifted",
        "tests": [asdict(SHAPE), asdict(SHARE)], "quality": asdict(quality),
    }  # fmt: skip


@pytest.fixture
def where(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = place.Place(ENVIRONMENT, cloud)
    made.client("ssm").put_parameter(
        Name=f"/tidegate/{ENVIRONMENT}/{Setting.ARTEFACT_BUCKET.parameter}", Value=BUCKET, Type="String",
        Overwrite=True,
    )  # fmt: skip
    s3 = made.client("s3")
    if BUCKET not in [one["Name"] for one in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=item["Key"])
    return made


def keep(where: Place, name: str, told: dict[str, Any]) -> None:
    key = f"watch/flight_delay/reports/{name}.json"
    where.client("s3").put_object(Bucket=BUCKET, Key=key, Body=json.dumps(told))


def answer() -> Any:
    args = argparse.Namespace(model="flight_delay", now=False, environment=ENVIRONMENT)
    return drift.run(args, Screen(as_json=True))


def shown(view: Any) -> str:
    from rich.console import Console

    console = Console(width=200, record=True, file=io.StringIO())
    console.print(view)
    return console.export_text()


def test_a_model_that_was_not_judged_yet_says_what_to_type(where: Place) -> None:
    told = answer()
    assert told.code is Exit.FINE
    assert told.data == [{"model": "flight_delay", "looked": "", "report": None, "history": []}]
    assert "tidegate drift flight_delay --now" in shown(told.view())


def test_a_model_of_text_is_said_not_to_be_watched_and_why_without_a_look(
    where: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(find.models(), "words", text_model())
    args = argparse.Namespace(model="words", now=True, environment=where.environment)
    told = drift.run(args, Screen(as_json=True))  # no function is there that could be asked
    assert told.code is Exit.FINE
    assert told.data == [{"model": "words", "looked": NOT_WATCHED, "report": None, "history": []}]
    assert shown(told.view()).count("words:") == 1


def test_the_latest_report_is_a_table_and_the_others_are_history_with_what_they_led_to(where: Place) -> None:
    keep(
        where,
        "20261101T000000Z",
        report("2026-11-01T00:00:00+00:00", [], Quality(rows=0, days=0, note="no labels")),
    )
    keep(where, "20261102T000000Z", report("2026-11-02T00:00:00+00:00", ["drift", "quality"], JUDGED))
    keep(where, "20261102T000000Z.led-to", {"outcome": "started flight-delay-1"})
    told = answer()
    assert told.code is Exit.WANTING
    (one,) = told.data
    assert one["report"]["until"].startswith("2026-11-02")
    assert [past["led_to"] for past in one["history"]] == ["started flight-delay-1", ""]
    text = shown(told.view())
    for words in (
        "PSI 0.310",
        "DRIFT",
        "(score)",
        "2.0%",
        "0.610 (0.580 to 0.640)",
        "WORSE",
        "nothing drifted",
    ):
        assert words in text, words
