"""Each statement that a serverless model brings is needed: without it these journeys are denied."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from tests.journeys.privilege import roles
from tests.journeys.privilege.published import Entry, entries

if TYPE_CHECKING:
    from pathlib import Path

    from infra.cli.place import Place
    from tests.journeys.privilege.roles import Role

pytestmark = pytest.mark.journey

SHOWN = entries("## Shown where a model is serverless")
ASKED = entries("## Asked for by AWS where a model is serverless")
OURS = ("predict-function", "shift-function", "clear-function", "mirror-function")
ANYWHERE = {("predict-function", "AskEndpoints"), *((role, "WriteItsLog") for role in OURS)}


@pytest.fixture(scope="module")
def record(place: Place, decisions: Path) -> list[dict[str, Any]]:
    """Every decision about a role, in the cloud that the tests of this folder drove."""
    assert place.cloud
    said = [json.loads(line) for line in decisions.read_text().splitlines()]
    if not any(one["role"].endswith("-shift-function") for one in said):
        pytest.fail("No serverless model was deployed: run tests/journeys/serverless whole")
    return said


@pytest.fixture(scope="module")
def deployed(place: Place) -> dict[str, Role]:
    """The roles as they were deployed."""
    return roles.deployed(place)


def test_nothing_was_denied(record: list[dict[str, Any]]) -> None:
    assert [(one["role"], one["action"], one["resource"]) for one in record if not one["allowed"]] == []


def test_every_action_of_the_fronts_functions_is_published_once(deployed: dict[str, Role]) -> None:
    wanted = {
        (name, sid, action)
        for name in OURS
        for sid in deployed[name].statements
        for action in deployed[name].actions(sid)
        if (name, sid) not in ANYWHERE
    }
    rows = [*SHOWN, *ASKED]
    assert {one: count for one in wanted if (count := sum(row.covers(*one) for row in rows)) != 1} == {}
    published = {(role, row.sid, action) for row in rows for role in row.roles for action in row.actions}
    assert published == wanted


@pytest.mark.parametrize("entry", SHOWN, ids=str)
def test_without_this_statement_the_journey_is_denied(
    deployed: dict[str, Role], record: list[dict[str, Any]], entry: Entry
) -> None:
    (name,) = entry.roles
    seen = defaultdict(list)
    for one in record:
        if one["role"].endswith(f"-{name}") and one["alone"].endswith(f"/{entry.sid}"):
            seen[one["action"]].append(one)
    for action in entry.actions:
        assert seen[action], f"no journey needed {action}"
        for decision in seen[action]:
            assert deployed[name].allows(decision)
            assert not deployed[name].allows(decision, without=entry.sid)


@pytest.mark.parametrize("entry", ASKED, ids=str)
def test_what_aws_asks_for_has_its_page_and_is_used_by_no_journey(
    record: list[dict[str, Any]], entry: Entry
) -> None:
    assert entry.page.startswith("https://docs.aws.amazon.com/")
    alone = [
        (one["role"].rpartition("tidegate-laptop-")[2], one["alone"] or "", one["action"]) for one in record
    ]
    assert [one for one in alone if entry.covers(one[0], one[1].rpartition("/")[2], one[2])] == []
