"""The benchmark runs: ours as shipped and with each thing less, the bare server; every answer is captured."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.serving.programs import BARE, LESS, OURS

ROOT = Path(__file__).resolve().parents[3]


def test_a_small_benchmark_prints_its_table_and_every_answer_as_shipped_is_captured() -> None:
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.serving", "--small", "--rounds", "1"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    rows = [line.split(" | ") for line in ended.stdout.splitlines() if line.startswith("| ")][1:]
    assert [row[0][2:] for row in rows] == [OURS, BARE, *LESS]
    assert all(float(row[1].replace(",", "")) > 0 for row in rows)
    assert "Left out" in ended.stdout
