"""Each statement of each role is needed: without it the journey is denied, or AWS's pages ask for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.journeys.privilege.calls import CALLS, THROUGH
from tests.journeys.privilege.published import ASKED, SHOWN, Entry, entries

if TYPE_CHECKING:
    from pathlib import Path

    from tests.journeys.privilege.conftest import Shown
    from tests.journeys.privilege.roles import Role

pytestmark = pytest.mark.journey

EXERCISED = entries(SHOWN)
DOCUMENTED = entries(ASKED)
SIGNERS = [
    entry
    for entry in EXERCISED
    if entry.roles[0].endswith("-function") or entry.roles[0] in ("snapshot", "learning", "endpoint")
]
# A query that runs is named by these; a new one would be none of the role's workgroup.
UNSIGNED = {"athena:GetQueryExecution", "athena:GetQueryResults"}


def test_nothing_was_denied(record: list[dict[str, Any]]) -> None:
    denied = [(one["role"], one["action"], one["resource"]) for one in record if not one["allowed"]]
    assert denied == []


def test_every_action_of_every_statement_is_published_once(deployed: dict[str, Role]) -> None:
    wanted = {
        (role.name, sid, action)
        for role in deployed.values()
        for sid in role.statements
        for action in role.actions(sid)
    }
    rows = [*EXERCISED, *DOCUMENTED]
    counted = {one: sum(row.covers(*one) for row in rows) for one in wanted}
    assert {one: count for one, count in counted.items() if count != 1} == {}


@pytest.mark.parametrize("entry", [*EXERCISED, *DOCUMENTED], ids=str)
def test_what_is_published_is_deployed(deployed: dict[str, Role], entry: Entry) -> None:
    there = {
        (pattern, action)
        for pattern in entry.roles
        for action in entry.actions
        for role in deployed.values()
        if entry.sid in role.statements
        and action in role.actions(entry.sid)
        and Entry((pattern,), entry.sid, (action,)).covers(role.name, entry.sid, action)
    }
    assert there == {(pattern, action) for pattern in entry.roles for action in entry.actions}


@pytest.mark.parametrize("entry", EXERCISED, ids=str)
def test_without_this_statement_the_journey_is_denied(
    deployed: dict[str, Role], shown: Shown, entry: Entry
) -> None:
    (name,) = entry.roles
    role = deployed[name]
    for action in entry.actions:
        decisions = shown[name, entry.sid, action]
        assert decisions, f"no journey needed {action}"
        for decision in decisions:
            assert role.allows(decision)
            assert not role.allows(decision, without=entry.sid)


@pytest.mark.parametrize("entry", SIGNERS, ids=str)
def test_a_deployed_role_that_loses_this_statement_is_refused_the_call(
    deployed: dict[str, Role], shown: Shown, decisions: Path, entry: Entry
) -> None:
    role = deployed[entry.roles[0]]
    session = role.session()
    actions = [action for action in entry.actions if action not in UNSIGNED]
    assert actions, "no action of it can be asked for by a call"
    decided = len(decisions.read_bytes())
    with role.without(entry.sid):
        for action in actions:
            decision, way = _asked(role, shown, entry.sid, action)
            service, call = CALLS[way]
            with pytest.raises(ClientError) as refused:
                call(role.client(session, service), decision)
            assert refused.value.response["Error"]["Code"].startswith("AccessDenied")
            assert action in _denied(decisions, decided)


def _denied(decisions: Path, since: int) -> set[str]:
    """What was denied since then: the error of a refused key names the action on the object instead."""
    said = [json.loads(line) for line in decisions.read_bytes()[since:].splitlines()]
    return {one["action"] for one in said if not one["allowed"]}


def _asked(role: Role, shown: Shown, sid: str, action: str) -> tuple[dict[str, Any], str]:
    """A decision to ask for again, and the action whose call does; a key is used through an object."""
    if action not in THROUGH:
        return shown[role.name, sid, action][0], action
    return next(
        (decisions[0], way)
        for (name, _, way), decisions in shown.items()
        if name == role.name and way in THROUGH[action]
    )


@pytest.mark.parametrize("entry", DOCUMENTED, ids=str)
def test_what_aws_asks_for_has_its_page_and_is_used_by_no_journey(shown: Shown, entry: Entry) -> None:
    assert entry.why
    assert entry.page.startswith("https://docs.aws.amazon.com/")
    assert [key for key in shown if entry.covers(*key)] == []
