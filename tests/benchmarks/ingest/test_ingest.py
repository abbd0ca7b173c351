"""The benchmark runs, and its peers come to our verdict."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_a_small_benchmark_prints_its_table_and_all_agree_which_rows_are_good(tmp_path: Path) -> None:
    small = ["--small", "--rounds", "1", "--step", "--folder", str(tmp_path)]
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.ingest", *small],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    rows = [line for line in ended.stdout.splitlines() if line.startswith("| ")]
    assert [line.split(" | ")[0][2:] for line in rows if line.startswith("| ours")] == [
        "ours",
        "ours: validate",
        "ours: publish",
        "ours, with a step",
        "ours, with a step: validate",
        "ours, with a step: transform",
        "ours, with a step: publish",
    ]
    assert len({line.split(" | ")[-1] for line in rows if line[-4:-3].isdigit()}) == 1
