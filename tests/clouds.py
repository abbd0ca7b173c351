"""Local clouds of the tests' own, on free ports; the environment points at the one that a test asks for."""

from __future__ import annotations

import os
import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from infra.local import cloud as local
from tidegate import aws

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from infra.local.cloud import LocalCloud

T = TypeVar("T")
_running: dict[str, LocalCloud] = {}


def free_port() -> int:
    """A port of this machine that nobody serves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def eventually(look: Callable[[], T | None], seconds: float = 60) -> T:
    """What `look` gives once it gives something."""
    deadline = time.monotonic() + seconds
    while True:
        if found := look():
            return found
        assert time.monotonic() < deadline, f"{look.__name__} gave nothing within {seconds:g} s"
        time.sleep(0.03)


@contextmanager
def running(fixture: str, state: Path) -> Iterator[LocalCloud]:
    """A cloud behind the session fixture of that name, ended with the session."""
    cloud = local.start(state, free_port(), wait_seconds=90)
    before = {name: os.environ.get(name) for name in cloud.environment()}
    _running[fixture] = cloud
    point_at([fixture])
    try:
        yield cloud
    finally:
        del _running[fixture]
        local.stop(state)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def point_at(fixtures: Iterable[str]) -> None:
    """Turn the environment, and the clients made from it, to the cloud that one of these fixtures runs."""
    for fixture in fixtures:
        cloud = _running.get(fixture)
        if cloud and os.environ.get("AWS_ENDPOINT_URL") != cloud.endpoint:
            os.environ.update(cloud.environment())
            aws.client.cache_clear()
