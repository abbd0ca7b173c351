"""A training that a person asks for and does not get: why, and what to do."""

from __future__ import annotations

from dataclasses import replace

from infra.cli.train import not_started
from tests.tidegate.models.test_decide import PERSON, SEEN, last, reason
from tidegate.errors import Refused, Transient


def test_a_training_that_is_under_way_is_named_with_where_its_end_is_told() -> None:
    told = not_started("flight_delay", reason(PERSON, replace(SEEN, running="flight-delay-1")))
    assert isinstance(told, Transient)
    assert told.what == "its training flight-delay-1 is under way, and no second one was started"
    assert told.next_step == "See what comes of it: tidegate models flight_delay"


def test_where_there_is_nothing_new_to_learn_from_something_must_be_changed() -> None:
    told = not_started("flight_delay", reason(PERSON, replace(SEEN, last=last())))
    assert isinstance(told, Refused)
    assert "has learned from the same data" in told.what
    assert told.next_step == "Land more rows, or change the model"
