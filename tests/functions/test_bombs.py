"""G13: work is bounded. A worker of the function's own size outlives every bomb, and says what each was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from infra.flow import FLOW
from tests.functions.bombs import BOMBS
from tidegate.lake.entry import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.functions.world import World

ROOT = Path(__file__).resolve().parents[2]
MEMORY = FLOW["validate"].memory
SECONDS = 60


class Worker:
    """A process that handles one event after the other."""

    def __init__(self, scratch: Path) -> None:
        paths = os.pathsep.join([str(ROOT), str(ROOT / "src")])
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.functions.one_worker"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": paths, "TMPDIR": str(scratch)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def handle(self, event: dict[str, Any]) -> dict[str, Any]:
        """What handling an event took.

        Raises:
            AssertionError: the process is dead.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(event) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:  # the function logs there too
            if line.startswith("took "):
                took: dict[str, Any] = json.loads(line.removeprefix("took "))
                return took
        raise AssertionError(f"the worker died: {self._process.wait()}")

    def end(self) -> None:
        """Let it go."""
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def worker(world: World, tmp_path: Path) -> Iterator[Worker]:
    made = Worker(tmp_path)
    yield made
    made.end()


@pytest.mark.parametrize("name", BOMBS)
def test_a_worker_outlives_a_bomb_and_takes_the_next_file(
    world: World, worker: Worker, name: str, figure: Callable[[int], int]
) -> None:
    bomb = BOMBS[name]
    event = world.put(f"orders/bomb{bomb.ending}", bomb.made(figure(200)))
    took = worker.handle(event)

    entry = world.entry(event)
    print(f"{name}: {entry.reason} · {took['seconds']:.1f} s · {took['megabytes']} MB")
    assert took["answer"] == {"batchItemFailures": []}
    if bomb.codes != {""}:
        assert entry.state is State.QUARANTINED
        assert entry.reason.partition(":")[0] in bomb.codes
    assert took["seconds"] < SECONDS
    assert took["megabytes"] < MEMORY
    assert took["scratch"] == []

    after = world.put("orders/after.csv", b"id,what\n1,a\n")
    assert worker.handle(after)["answer"] == {"batchItemFailures": []}
    assert world.entry(after).state is State.VALIDATED
