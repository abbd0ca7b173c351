"""What every test may ask for: a local cloud of its own."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from infra.local import cloud as local

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Cloud:
    """A running local cloud."""

    endpoint: str

    def client(self, service: str) -> Any:
        return boto3.client(service)


def free_port() -> int:
    """A port of this machine that nobody serves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """One local cloud for the whole run, on a free port and empty; the environment points at it."""
    state = tmp_path_factory.mktemp("cloud")
    running = local.start(state, free_port())
    before = {name: os.environ.get(name) for name in running.environment()}
    os.environ.update(running.environment())
    try:
        yield Cloud(running.endpoint)
    finally:
        local.stop(state)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
