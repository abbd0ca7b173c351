"""Planted drift is found and ordinary windows are let pass, as docs/monitoring.md says how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tidegate.models.watch.detection import FLIPPED, PLANTED, detected, false_alarms, flipped

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.system  # seconds of a processor: not for every keystroke
WHOLE = 30
SURE = {  # these sizes nobody may overlook
    ("mean shift", "distance", "0.5 sd"),
    ("mean shift", "distance", "1.0 sd"),
    ("variance", "distance", "2.0 times"),
    ("new category", "carrier", "5.0%"),
    ("missing", "aircraft_age", "+ 20%"),
    ("outside the range", "distance", "10.0%"),
    ("missing", "temperature", "+ 20%"),
    ("missing", "temperature", "+ 50%"),
    ("prediction shift", "_score", "+ 2.0 logits"),
}


def test_large_drift_is_found_in_nearly_every_week(figure: Callable[[int], int]) -> None:
    windows = figure(WHOLE)
    found = detected(windows, seed=8)
    assert {(kind, feature, size) for kind, feature, size, _ in PLANTED} >= SURE
    missed = {planted: windows - found[planted] for planted in SURE}
    assert {planted: times for planted, times in missed.items() if times > windows * 0.1} == {}


def test_ordinary_windows_seldom_alarm(figure: Callable[[int], int]) -> None:
    windows = figure(WHOLE)
    alarmed = {span: times for span, (times, _) in false_alarms(windows, seed=7).items()}
    assert sum(alarmed.values()) <= windows * len(alarmed) * 0.15


def test_labels_that_turn_are_a_loss_and_others_are_none(figure: Callable[[int], int]) -> None:
    windows = figure(WHOLE)
    found = flipped(windows, seed=9)
    assert found[max(FLIPPED)] == windows
    assert found[0.0] <= found[0.1] <= found[0.4]
