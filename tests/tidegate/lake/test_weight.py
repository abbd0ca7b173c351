"""Light functions stay light: none loads what its work does not need."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = """
import sys
from importlib.machinery import PathFinder
class Bundle:
    def find_spec(name, path=None, target=None):
        return None if name.partition(".")[0] in {hidden!r} else PathFinder.find_spec(name, path, target)
sys.meta_path = [Bundle if finder is PathFinder else finder for finder in sys.meta_path]
import functions.{function}
print(*sys.modules)
"""
HEAVY = {"pyarrow", "pandas", "polars", "pandera", "pyiceberg", "numpy", "fsspec", "duckdb", "awswrangler"}


@pytest.mark.parametrize(
    ("function", "may_load"),
    [
        ("validate", {"polars", "pandera", "numpy"}),
        ("transform", {"polars", "pandera", "numpy"}),
        ("publish", {"pyiceberg"}),
        ("evolve", {"pyiceberg"}),
        ("keep", {"pyiceberg"}),
        ("reconcile", set[str]()),
        ("refresh", {"polars"}),
    ],
)
def test_a_function_loads_no_heavier_package_than_its_work_needs(function: str, may_load: set[str]) -> None:
    # pandera takes pandas and pyarrow along where it finds them; a function's bundle has neither
    hidden = ("pandas", "pyarrow") if "pandera" in may_load else ()
    script = SCRIPT.format(hidden=hidden, function=function)
    loaded = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"},
    )

    assert HEAVY & set(loaded.stdout.split()) - may_load == set()
