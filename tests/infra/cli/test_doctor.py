"""The doctor looks at this machine, and says what to do."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from infra.cli import doctor

if TYPE_CHECKING:
    from pathlib import Path


def test_a_full_disk_is_named_with_what_to_do() -> None:
    found = doctor.disk(free=lambda _: 10**8)
    assert not found.fine
    assert found.next_step == "Free at least 3 GB"


def test_a_taken_port_is_named_with_another_to_try() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        found = doctor.port(taken.getsockname()[1])
    assert found.fine or "--port" in found.next_step  # fine only where a cloud of this checkout runs already


def test_node_comes_with_the_environment() -> None:
    assert doctor.node().fine


def test_namespaces_are_told_either_way() -> None:
    assert "jobs" in doctor.namespaces().found


def test_disk_is_looked_up_on_the_checkouts_own_volume() -> None:
    seen: list[Path] = []

    def free(path: Path) -> int:
        seen.append(path)
        return 10**12

    assert doctor.disk(free).fine
    assert (seen[0] / "tidegate").exists()
