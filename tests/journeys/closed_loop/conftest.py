"""A cloud of the loop's own: it is asked for minutes on end, and goes through half a year."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.journeys.deployed import deployed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.cli.place import Place

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory, decisions: Path) -> Iterator[Place]:
    """The laptop's environment, in whose registry bad versions can be planted."""
    programs = {
        "slow": [sys.executable, str(HERE.with_name("slow_program.py"))],
        "worse": [sys.executable, str(HERE / "worse_program.py")],
    }
    with deployed(tmp_path_factory.mktemp("loop") / "cloud", decisions, programs) as running:
        yield running
