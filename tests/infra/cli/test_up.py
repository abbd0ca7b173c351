"""A local cloud comes back where it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.cli.up import PORT, last_port, remember_port

if TYPE_CHECKING:
    from pathlib import Path


def test_the_port_of_the_last_time_is_kept_with_the_state(tmp_path: Path) -> None:
    assert last_port(tmp_path / "none") == PORT
    remember_port(tmp_path / "state", "http://127.0.0.1:4851")
    assert last_port(tmp_path / "state") == 4851
