"""The functions around a model load nothing heavy: they start in a blink, and their bundle is small."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from infra.bundle import stage_code
from tidegate.plan import plan

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"polars", "numpy", "pandas", "pandera", "pyarrow", "sklearn", "onnxruntime", "orjson", "awswrangler"}
CHECKS_A_FILE = """
import functions.validate
from tidegate.contract.contracts import contracts
from tidegate.contract.engine import check
from tidegate.contract.source import BytesSource

class Keeper:
    def keep(self, good, row): self.good = good.height
    def refuse(self, bad): self.bad = bad.height

for known in contracts().values():
    names, keeper = known.plan.headers, Keeper()
    file = ",".join(names) + "\\n" + ",".join("x" for _ in names) + "\\n"
    check(BytesSource(file.encode(), f"{known.name}/x.csv"), known.plan, keeper)
    assert keeper.bad == 1 or keeper.good == 1
"""


def loaded(program: str, paths: Iterable[Path]) -> set[str]:
    """The packages that a process of its own has loaded when it has run a program."""
    told = f"import sys; sys.path[:0] = {[str(path) for path in paths]!r}\n{program}\n"
    told += "print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "function",
    ["train", "gate", "approve", "release", "deploy", "shift", "verify", "clear", "predict", "mirror"],
)
def test_a_light_function_loads_nothing_heavy(function: str) -> None:
    assert HEAVY.isdisjoint(loaded(f"import functions.{function}", [ROOT, ROOT / "src"]))


def test_files_are_checked_without_pandera_and_without_a_schema_file(tmp_path: Path) -> None:
    assert not any(dataset.slow_checks for dataset in plan().datasets.values())
    found = loaded(CHECKS_A_FILE, [stage_code(plan(), tmp_path)])
    assert found & HEAVY == {"polars", "numpy"}
    assert found.isdisjoint({"schemas", "pydantic"})


def test_in_a_checkout_the_same_program_makes_the_contracts_from_the_schema_files() -> None:
    assert {"pandera", "schemas"} <= loaded(CHECKS_A_FILE, [ROOT, ROOT / "src"])
