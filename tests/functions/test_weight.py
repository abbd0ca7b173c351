"""The functions around a model load nothing heavy: they start in a blink, and their bundle is small."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"polars", "numpy", "pandas", "pandera", "pyarrow", "sklearn", "onnxruntime", "orjson", "awswrangler"}


@pytest.mark.parametrize("function", ["train", "gate", "approve", "deploy", "verify", "predict"])
def test_a_light_function_loads_nothing_heavy(function: str) -> None:
    paths = [str(ROOT), str(ROOT / "src")]
    program = (
        f"import sys; sys.path[:0] = {paths!r}; import functions.{function};"
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert HEAVY.isdisjoint(done.stdout.split())
