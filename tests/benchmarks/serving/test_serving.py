"""The benchmark runs: ours as shipped and with each thing less, the bare server; every answer is captured."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.serving.flights import BY_CONTRACT
from tests.benchmarks.serving.programs import BARE, LESS, OURS

ROOT = Path(__file__).resolve().parents[3]


def run(*arguments: str) -> str:
    """What a benchmark prints."""
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", *arguments, "--small"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def cells(said: str) -> list[list[str]]:
    """The rows of a table, less its head."""
    return [line.split(" | ") for line in said.splitlines() if line.startswith("| ")][1:]


def test_a_small_benchmark_prints_its_table_and_every_answer_as_shipped_is_captured() -> None:
    said = run("tests.benchmarks.serving", "--rounds", "1")
    rows = cells(said)
    assert [row[0][2:] for row in rows] == [OURS, BARE, *LESS]
    assert all(float(row[4].replace(",", "")) > 0 for row in rows)
    assert "Left out" in said


def test_a_small_benchmark_of_the_example_model_prints_what_a_request_and_its_parts_cost() -> None:
    rows = cells(run("tests.benchmarks.serving.flights"))
    assert [row[0][2:] for row in rows] == ["a request", BY_CONTRACT, "its two lookups", "its features"]
    assert all(float(row[1].replace(",", "")) > 0 for row in rows)
