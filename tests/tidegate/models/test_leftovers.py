"""Endpoints of versions that nothing needs are found, and no other model's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tidegate.models.in_service import InService
from tidegate.models.leftovers import endpoints_of, leftovers

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
NAME = "tidegate-laptop-m"


class Listing:
    """Stand for SageMaker: these endpoints, two a page; in a name `part` may stand anywhere."""

    def __init__(self, **status: str) -> None:
        self._endpoints = [
            {"EndpointName": name.replace("_", "-"), "EndpointStatus": said} for name, said in status.items()
        ]

    def get_paginator(self, operation: str) -> Listing:
        assert operation == "list_endpoints"
        return self

    def paginate(self, NameContains: str) -> list[dict[str, Any]]:
        found = [one for one in self._endpoints if NameContains in one["EndpointName"]]
        return [{"Endpoints": found[at : at + 2]} for at in range(0, len(found), 2)]


def endpoints(*names: str, status: str = "InService") -> Listing:
    return Listing(**dict.fromkeys(names, status))


def served(*versions: int) -> InService:
    record = InService(model="m")
    for version in versions:
        record = record.answers(version, f"arn:{version}", f"{NAME}-v{version}")
    return record


ALL = endpoints(
    *(f"{NAME}-v{version}" for version in (1, 2, 3, 4)),
    NAME,
    f"{NAME}ore",
    f"{NAME}-vat",
    f"{NAME}-v1-x",
    f"x-{NAME}-v1",
)


def test_a_models_endpoints_are_its_own_and_those_of_its_versions() -> None:
    assert set(endpoints_of(ALL, "laptop", "m")) == {NAME, *(f"{NAME}-v{one}" for one in (1, 2, 3, 4))}


def test_what_answers_what_answered_before_and_what_is_on_its_way_in_stay() -> None:
    assert leftovers(ALL, "laptop", served(1, 2, 3), NOW) == [NAME, f"{NAME}-v1", f"{NAME}-v4"]
    under_way = served(1, 2, 3).begins(4, watched_until=(NOW + timedelta(minutes=5)).isoformat())
    assert leftovers(ALL, "laptop", under_way, NOW) == [NAME, f"{NAME}-v1"]
    again = served(1, 2, 3, 2)  # promoted anew: version 3 is the way back
    assert leftovers(ALL, "laptop", again, NOW) == [NAME, f"{NAME}-v1", f"{NAME}-v4"]


def test_instances_that_still_answer_stay_and_go_once_a_version_has_its_own_endpoint() -> None:
    on_instances = InService(model="m").answers(1, "arn:1")
    assert NAME not in leftovers(ALL, "laptop", on_instances, NOW)  # the first roll-out was taken back
    assert NAME in leftovers(ALL, "laptop", on_instances.answers(2, "arn:2", f"{NAME}-v2"), NOW)


def test_what_is_being_made_or_deleted_is_left_to_the_next_time() -> None:
    for status in ("Creating", "Deleting", "Updating"):
        assert leftovers(endpoints(f"{NAME}-v1", status=status), "laptop", served(2, 3), NOW) == []
    failed = endpoints(f"{NAME}-v4", status="Failed")
    assert leftovers(failed, "laptop", replace(served(2, 3), going_in=4), NOW) == [f"{NAME}-v4"]
