"""A local cloud with the templates deployed, which the journeys drive as upstream and a person would."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from infra.cli.place import LAPTOP, ROOT, Place
from infra.local import cloud, deployer, synthesis
from infra.local.iam.plug import RECORD

if TYPE_CHECKING:
    from collections.abc import Iterator

PRIVILEGE = Path(__file__).parent / "privilege"


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
    state = tmp_path_factory.mktemp("journey") / "cloud"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(RECORD, str(decisions))
        environment.setenv("TIDEGATE_LOCAL_TIME_SCALE", "0.1")  # a canary of minutes watches for seconds
        slow = {"slow": [sys.executable, str(Path(__file__).with_name("slow_program.py"))]}
        environment.setenv("TIDEGATE_LOCAL_IMAGES", json.dumps(slow))
        running = cloud.start(state, port)
    try:
        assembly = synthesis.synthesise(ROOT / ".tidegate" / "assembly")
        deployer.deploy(assembly, running)
        yield Place(LAPTOP, running)
    finally:
        cloud.stop(state)
