"""A local cloud comes back where it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra.cli.screen import Screen, Waiting
from infra.cli.up import PORT, last_port, naming_the_way_out, remember_port, tell
from infra.local.deployer import Progress
from tidegate.errors import Mistake, Refused

if TYPE_CHECKING:
    from pathlib import Path


def test_the_port_of_the_last_time_is_kept_with_the_state(tmp_path: Path) -> None:
    assert last_port(tmp_path / "none") == PORT
    remember_port(tmp_path / "state", "http://127.0.0.1:4851")
    assert last_port(tmp_path / "state") == 4851


@pytest.mark.parametrize(("kept", "names_it"), [(True, True), (False, False)])
def test_a_deployment_that_fails_on_a_kept_state_says_how_to_begin_anew(kept: bool, names_it: bool) -> None:
    with pytest.raises(Refused, match="no layer") as failed, naming_the_way_out(kept):
        raise Refused("stack x", "no layer", "Correct it")
    assert isinstance(failed.value, Mistake)
    assert failed.value.next_step.startswith("Correct it")
    assert ("tidegate down --forget" in failed.value.next_step) is names_it


@pytest.mark.parametrize(("doing", "done"), [("deploying", "deployed"), ("deleting", "deleted")])
def test_a_stack_has_one_line_that_stays_however_often_it_is_looked_at(
    doing: str, done: str, capsys: pytest.CaptureFixture[str]
) -> None:
    screen = Screen(as_json=False)
    for looked in range(24):
        tell(Progress("tidegate-laptop-ingest", doing, looked, 24), screen, Waiting(None))
    tell(Progress("tidegate-laptop-ingest", done, 24, 24), screen, Waiting(None))
    (line,) = capsys.readouterr().out.splitlines()
    assert f"{done} tidegate-laptop-ingest (24 resources)" in line
