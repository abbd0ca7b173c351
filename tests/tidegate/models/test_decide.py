"""When a training starts, and the reason when none does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.tidegate.models.plans import MODEL, PLAN
from tidegate.errors import BadRequest, NotFound
from tidegate.models.decide import LastTraining, Nothing, Seen, Start, TableState, Wish, decide
from tidegate.models.restraint import Past
from tidegate.plan import RetrainPlan

PUBLISHED = Wish.from_event(
    {"detail-type": "TablePublished", "detail": {"dataset": "flights", "snapshot_id": "1"}}
)
SCHEDULE = Wish.from_event({"model": "flight_delay", "cause": "Schedule"})
PERSON = Wish.from_event({"cause": "Person"})
TABLES = {"flights": TableState(snapshot_id="11", rows=150), "weather": TableState(snapshot_id="12", rows=9)}
SEEN = Seen(tables=TABLES, last=None, running="", etag="")


def started(wish: Wish, seen: Seen) -> Start:
    decision = decide(MODEL, PLAN, wish, seen)
    assert isinstance(decision, Start), decision
    return decision


def reason(wish: Wish, seen: Seen) -> str:
    decision = decide(MODEL, PLAN, wish, seen)
    assert isinstance(decision, Nothing), decision
    return decision.reason


def last(status: str = "SUCCEEDED", **changes: Any) -> LastTraining:
    run = started(PUBLISHED, SEEN).run
    return LastTraining(**{"run": run, "rows": 150, "status": status, **changes})


def test_enough_new_rows_start_a_training_that_names_what_it_reads() -> None:
    start = started(PUBLISHED, SEEN)
    assert start.tables == {"flights": "11", "weather": "12"}
    assert start.contracts == {"flights": "contract of flights", "weather": "contract of weather"}
    assert start.run.startswith("flight-delay-")


def test_the_same_data_contracts_and_code_have_the_same_name_and_others_have_not() -> None:
    moved = replace(SEEN, tables={**TABLES, "weather": TableState(snapshot_id="13", rows=9)})
    assert started(PUBLISHED, SEEN).run == started(SCHEDULE, SEEN).run
    assert started(PUBLISHED, SEEN).run != started(PUBLISHED, moved).run
    assert started(PUBLISHED, SEEN).run != decide(replace(MODEL, code="other"), PLAN, PUBLISHED, SEEN).run  # type: ignore[union-attr]


@pytest.mark.parametrize("missing", [{}, {"weather": TableState(snapshot_id="", rows=0)}])
def test_a_training_waits_until_every_table_has_rows(missing: dict[str, TableState]) -> None:
    seen = replace(SEEN, tables={"flights": TABLES["flights"], **missing})
    assert reason(SCHEDULE, seen) == "waits for rows in: weather"


def test_few_new_rows_start_nothing_unless_a_clock_a_person_or_a_drift_asks() -> None:
    seen = replace(SEEN, last=last(run="flight-delay-before", rows=51))
    assert reason(PUBLISHED, seen) == "99 new rows of flights; 100 start a training"
    drift = Wish.from_event({"detail-type": "DriftFound", "detail": {"model": "flight_delay"}})
    assert {started(wish, seen).wish.kind for wish in (SCHEDULE, PERSON, drift)} == {
        "Schedule",
        "Person",
        "DriftFound",
    }


def test_rows_that_a_failed_training_read_are_new_still() -> None:
    failed = replace(SEEN, last=last(run="flight-delay-before", rows=149, status="FAILED", judged=50))
    assert started(PUBLISHED, failed).judged == 50
    assert reason(PUBLISHED, replace(SEEN, last=replace(failed.last, judged=51))).startswith("99 new rows")  # type: ignore[type-var]
    assert started(SCHEDULE, replace(SEEN, last=replace(failed.last, status="SUCCEEDED"))).judged == 149  # type: ignore[type-var]


def test_a_training_under_way_is_not_doubled() -> None:
    assert "flight-delay-1 is under way" in reason(SCHEDULE, replace(SEEN, running="flight-delay-1"))


def test_what_was_learned_is_not_learned_again() -> None:
    assert "has learned from the same data" in reason(PERSON, replace(SEEN, last=last()))


def test_a_training_that_was_recorded_but_not_started_is_started_under_its_name() -> None:
    assert started(PUBLISHED, replace(SEEN, last=last(status=""))).run == last().run


def test_a_failed_training_is_tried_again_under_a_new_name_only_when_asked_for() -> None:
    seen = replace(SEEN, last=last(status="FAILED"))
    assert "failed on the same data" in reason(PUBLISHED, seen)
    second = started(PERSON, seen).run
    assert second == f"{last().run}-2"
    assert started(PERSON, replace(SEEN, last=last(status="ABORTED", run=second))).run == f"{last().run}-3"


def test_a_wish_concerns_the_models_that_read_the_table() -> None:
    other = Wish.from_event({"detail-type": "TablePublished", "detail": {"dataset": "airlines"}})
    assert [model.name for model in PUBLISHED.models(PLAN)] == ["flight_delay"]
    assert other.models(PLAN) == []
    with pytest.raises(NotFound):
        Wish.from_event({"model": "nonsense", "cause": "Schedule"}).models(PLAN)


def test_an_event_that_asks_for_nothing_is_refused_by_its_kind() -> None:
    with pytest.raises(BadRequest, match="ModelDeployed"):
        Wish.from_event({"detail-type": "ModelDeployed", "detail": {}})


def drift(*what: str) -> Wish:
    return Wish.from_event(
        {"detail-type": "DriftFound", "detail": {"model": "flight_delay", "what": list(what)}}
    )


@pytest.mark.parametrize(
    ("what", "causes"),
    [
        (("drift",), ("drift",)),
        (("prediction shift",), ("drift",)),
        (("quality",), ("quality",)),
        (("drift", "quality"), ("drift", "quality")),
        ((), ("drift",)),
    ],
)
def test_a_drift_asks_for_what_was_found(what: tuple[str, ...], causes: tuple[str, ...]) -> None:
    assert drift(*what).causes == causes


def test_a_drift_of_the_same_data_starts_nothing_and_waits_for_new_rows() -> None:
    said = reason(drift("drift"), replace(SEEN, last=last()))
    assert said.endswith("from the same data, contracts and code; new rows of flights are waited for")


def test_the_models_rules_hold_back_what_nobody_asked_for() -> None:
    began = datetime(2026, 11, 25, 12, tzinfo=UTC)
    past = (Past(run="flight-delay-0", began=began, ended=began + timedelta(minutes=5)),)
    seen = replace(SEEN, past=past, now=began + timedelta(hours=1))
    model = replace(MODEL, retrain=RetrainPlan(cool_down_hours=2))
    for wish in (PUBLISHED, SCHEDULE, drift("drift")):
        held = decide(model, PLAN, wish, seen)
        assert isinstance(held, Nothing)
        assert held.reason.startswith("it cools down until 2026-11-25 14:00 UTC")
    assert isinstance(decide(model, PLAN, PERSON, seen), Start)
    assert isinstance(decide(model, PLAN, SCHEDULE, replace(seen, now=began + timedelta(hours=2))), Start)
