"""What a model declares holds trainings back, and each reason is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tidegate.models.restraint import Past, reason_against
from tidegate.plan import RetrainPlan

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def past(*hours_ago: float, ran: float = 0.5) -> list[Past]:
    return [
        Past(run=f"run-{ago}", began=NOW - timedelta(hours=ago), ended=NOW - timedelta(hours=ago - ran))
        for ago in hours_ago
    ]


def reason(rules: RetrainPlan, *hours_ago: float, ran: float = 0.5, cause: str = "drift") -> str:
    return reason_against(rules, [cause], past(*hours_ago, ran=ran), NOW)


def test_a_model_that_was_never_trained_is() -> None:
    assert reason(RetrainPlan(cool_down_hours=9, most_a_day=1, hours_a_month=1)) == ""


def test_only_what_the_model_declares_starts_a_training() -> None:
    rules = RetrainPlan(on=("schedule", "quality"))
    assert reason(rules, cause="drift").startswith("drift starts no training of this model")
    assert reason_against(rules, ["drift", "quality"], [], NOW) == ""


def test_a_training_cools_down() -> None:
    rules = RetrainPlan(cool_down_hours=6)
    assert reason(rules, 5.9, 30) == "it cools down until 2026-11-25 12:06 UTC after its last training"
    assert reason(rules, 6.0) == ""


def test_a_day_has_so_many_trainings() -> None:
    rules = RetrainPlan(most_a_day=2)
    assert reason(rules, 1, 23.9) == "2 trainings began within a day; 2 may"
    assert reason(rules, 1, 24.1) == ""


def test_a_month_has_so_many_hours_of_an_instance() -> None:
    rules = RetrainPlan(hours_a_month=5)
    said = "its trainings ran for 6.0 hours in thirty days; 5 may be spent"
    assert reason(rules, 100, 200, 300, ran=2) == said
    assert reason(rules, 100, 200, 30 * 24 + 1, ran=2) == ""


def test_a_training_under_way_has_cost_what_it_ran_so_far() -> None:
    assert Past(run="r", began=NOW - timedelta(hours=3), ended=None).hours(NOW) == pytest.approx(3)
