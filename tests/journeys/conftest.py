"""A local cloud with the templates deployed, which the journeys drive as upstream and a person would."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.journeys.deployed import deployed
from tests.journeys.typed import Typed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.cli.place import Place

HERE = Path(__file__).parent
PRIVILEGE = HERE / "privilege"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of privileges come last: they read what all journeys were allowed."""
    items.sort(key=lambda item: PRIVILEGE in item.path.parents)


@pytest.fixture(scope="session")
def decisions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the local cloud writes down each decision about a role."""
    return tmp_path_factory.mktemp("iam") / "decisions.jsonl"


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory, decisions: Path) -> Iterator[Place]:
    """The laptop's environment, deployed to a local cloud of this run alone."""
    programs = {"slow": [sys.executable, str(HERE / "slow_program.py")]}
    with deployed(tmp_path_factory.mktemp("journey") / "cloud", decisions, programs) as running:
        yield running


@pytest.fixture
def cli(place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """The command, typed against the deployed place: its exit code and its document."""
    return Typed.against(place, monkeypatch, capsys)
