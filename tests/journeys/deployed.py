"""The laptop's templates, deployed to a local cloud of a test's own."""

from __future__ import annotations

import json
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from infra.cli.place import LAPTOP, ROOT, Place
from infra.local import cloud, deployer, synthesis
from infra.local.iam.plug import RECORD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

TIME_SCALE = "0.1"  # a canary of minutes watches for seconds


@contextmanager
def deployed(
    state: Path, decisions: Path, programs: Mapping[str, Sequence[str]], checkout: Path = ROOT
) -> Iterator[Place]:
    """The place, until the block ends; `programs` run in the stead of images of these names."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(RECORD, str(decisions))
        environment.setenv("TIDEGATE_LOCAL_TIME_SCALE", TIME_SCALE)
        environment.setenv("TIDEGATE_LOCAL_IMAGES", json.dumps(programs))
        running = cloud.start(state, port)
    try:
        assembly = synthesis.synthesise(checkout / ".tidegate" / "assembly", root=checkout)
        deployer.deploy(assembly, running)
        yield Place(LAPTOP, running)
    finally:
        cloud.stop(state)
