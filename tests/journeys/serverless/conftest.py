"""A cloud of its own, to whose checkout serverless models were added, and nothing else done."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pipelines
from tests.house import checkout as copies
from tests.journeys.deployed import deployed
from tidegate import find
from tidegate.plan import plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.cli.place import Place

HERE = Path(__file__).parent
FOLDER = '''"""Will a flight be late? Asked seldom, and so of containers that are there only then."""

from __future__ import annotations

from dataclasses import replace

from pipelines.flight_delay import model as on_instances
from tidegate.models.ways import AllAtOnce, Canary, Serverless, Shadow

model = replace(
    on_instances,
    name="{name}",
    serving=Serverless(memory_mb=2048, concurrency=4),
    rollout={rollout},
)
'''
MODELS = {
    "late_now": "Canary(percent=50, seconds=90)",
    "late_soon": "Shadow(percent=100, seconds=120)",
    "late_too": "AllAtOnce(seconds=300)",
}
MODES = ("well", "failing", "slow")  # of a container


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The copy."""
    root = copies.copy(tmp_path_factory.mktemp("serverless") / "checkout")
    for name, rollout in MODELS.items():
        (root / "pipelines" / name).mkdir()
        text = FOLDER.format(name=name, rollout=rollout)
        (root / "pipelines" / name / "__init__.py").write_text(text)
    return root


@pytest.fixture(scope="module", autouse=True)
def added(checkout: Path) -> Iterator[None]:
    """This process knows the copy's models too, for as long as tests of this folder run."""
    before = pipelines.__path__
    pipelines.__path__ = [str(checkout / "pipelines")]
    _forget()
    yield
    pipelines.__path__ = before
    _forget()


@pytest.fixture(scope="session")
def decisions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this cloud writes down each decision about a role."""
    return tmp_path_factory.mktemp("front") / "decisions.jsonl"


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory, decisions: Path, checkout: Path) -> Iterator[Place]:
    """The laptop's environment with these models."""
    program = [sys.executable, str(HERE / "modes_program.py"), str(checkout / "pipelines")]
    programs = {mode: [*program, mode] for mode in MODES}
    state = tmp_path_factory.mktemp("front") / "cloud"
    with deployed(state, decisions, programs, checkout) as running:
        yield running


def _forget() -> None:
    for remembered in (find.models, plan):
        remembered.cache_clear()
