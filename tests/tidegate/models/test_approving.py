"""A version approves itself only where its model says so, and only on the gate's own figures."""

from __future__ import annotations

import pytest

from tidegate.models.approving import approved_by
from tidegate.models.ways import ByRule


@pytest.mark.parametrize(
    ("rule", "told", "approved"),
    [
        (ByRule(), {"gain_low": "+0.001"}, True),
        (ByRule(), {"gain_low": "+0.000000"}, False),
        (ByRule(), {"gain_low": "-0.010"}, False),
        (ByRule(least_gain=0.01), {"gain_low": "+0.005"}, False),
        (ByRule(), {"champion": "no model is in service"}, False),
        (ByRule(first_too=True), {"champion": "no model is in service"}, True),
        (ByRule(first_too=True), {"champion": "other-1 needs features that are not made"}, False),
        (ByRule(first_too=True), {"champion": "text-1"}, False),
        (ByRule(first_too=True), {}, False),
    ],
)
def test_the_rule_looks_at_the_pessimistic_end_of_the_interval(
    rule: ByRule, told: dict[str, str], approved: bool
) -> None:
    because = approved_by(rule, told, version=1)
    assert bool(because) is approved
    assert because.startswith("by rule" if approved else "")


def test_a_later_version_whose_champion_was_switched_off_waits_for_a_person() -> None:
    told = {"champion": "no model is in service"}
    assert approved_by(ByRule(first_too=True), told, version=1)
    assert not approved_by(ByRule(first_too=True), told, version=4)
    assert approved_by(ByRule(first_too=True), {"gain_low": "+0.01"}, version=4)
