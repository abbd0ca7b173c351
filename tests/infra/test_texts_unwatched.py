"""A model that writes text has no clock and no alarm for drift, and all the others."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.infra.changed import resources
from tidegate.plan import plan

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The resources of the watch stack, were there a model `letters` that writes text."""
    known = plan()
    letters = replace(known.models["flight_delay"], name="letters", writes=True)
    more = replace(known, models={**known.models, "letters": letters})
    return resources(tmp_path_factory.mktemp("letters"), "watch", more)


def test_it_is_not_looked_at(watch: dict[str, Any]) -> None:
    clocks = [one["Properties"] for one in watch.values() if one["Type"] == "AWS::Scheduler::Schedule"]
    asked = [json.loads(clock["Target"]["Input"])["model"] for clock in clocks]
    assert "flight_delay" in asked
    assert "letters" not in asked


def test_its_lost_captures_unfinished_answers_and_rollbacks_ring_and_no_drift(watch: dict[str, Any]) -> None:
    alarms = {
        one["Properties"]["AlarmName"] for one in watch.values() if one["Type"] == "AWS::CloudWatch::Alarm"
    }
    assert "tidegate-laptop-flight_delay-drift" in alarms
    assert {name for name in alarms if name.startswith("tidegate-laptop-letters-")} == {
        "tidegate-laptop-letters-lost-captures",
        "tidegate-laptop-letters-rolled-back",
        "tidegate-laptop-letters-unfinished-answers",
    }
