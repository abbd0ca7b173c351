"""What the journeys and the byways were allowed, and the roles that allowed it."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from tests.journeys.privilege import byways, roles

if TYPE_CHECKING:
    from pathlib import Path

    from infra.cli.place import Place
    from tests.journeys.privilege.roles import Role

Shown = dict[tuple[str, str, str], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def record(place: Place, decisions: Path) -> list[dict[str, Any]]:
    """Every decision about a role, once the byways were walked too."""
    if "deployment-machine" not in decisions.read_text():
        pytest.fail("No model was deployed: these tests read what the journeys did; run tests/journeys whole")
    byways.walk(place)
    return [json.loads(line) for line in decisions.read_text().splitlines()]


@pytest.fixture(scope="session")
def shown(place: Place, record: list[dict[str, Any]]) -> Shown:
    """The decisions that one statement alone allowed, by role, Sid and action."""
    found: Shown = defaultdict(list)
    prefix = f"tidegate-{place.environment}-"
    for one in record:
        if one["allowed"] and one["alone"]:
            role, sid = one["role"].rsplit("/", 1)[-1].removeprefix(prefix), one["alone"].rsplit("/", 1)[-1]
            found[role, sid, one["action"]].append(one)
    return found


@pytest.fixture(scope="session")
def deployed(place: Place) -> dict[str, Role]:
    """The roles as they were deployed."""
    return roles.deployed(place)
