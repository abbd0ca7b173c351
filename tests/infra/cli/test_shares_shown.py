"""What serves is told in one line, also while requests shift to another version."""

from __future__ import annotations

import pytest

from infra.cli.models import _standing
from infra.cli.status import _shifting

SERVES = {"name": "tidegate-laptop-m-v1", "status": "InService", "config": "c", "version": 1}


@pytest.mark.parametrize(
    ("shift", "told"),
    [
        ({}, "InService"),
        ({"version": 2, "percent": 10, "copies": 0}, "InService; version 2 has 10 %"),
        ({"version": 2, "percent": 0, "copies": 50}, "InService; version 2 has 0 %, copies of 50 %"),
    ],
)
def test_a_version_on_its_way_in_is_told_with_its_share(shift: dict[str, int], told: str) -> None:
    assert _shifting({**SERVES, "shift": shift} if shift else SERVES) == told


def test_the_list_of_versions_tells_which_one_is_on_its_way_in() -> None:
    shift = {"version": 2, "percent": 10, "copies": 0}
    one = {"model": "m", "endpoint": {**SERVES, "shift": shift}, "idle": ""}
    versions = [{"version": version, "status": "Approved", "taken_back": ""} for version in (1, 2)]
    assert [_standing(one, version) for version in versions] == [
        "serves",
        "is on its way in: 10 % of the requests",
    ]
