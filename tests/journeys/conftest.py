"""A local cloud with the templates deployed, which the journeys drive as upstream and a person would."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from infra.cli.place import LAPTOP, ROOT, Place
from infra.local import cloud, deployer, synthesis

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The laptop's environment, deployed to a local cloud of this run alone."""
    state = tmp_path_factory.mktemp("journey") / "cloud"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = cloud.start(state, port)
    try:
        assembly = synthesis.synthesise(ROOT / ".tidegate" / "assembly")
        deployer.deploy(assembly, running)
        yield Place(LAPTOP, running)
    finally:
        cloud.stop(state)
