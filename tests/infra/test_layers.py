"""A layer is named by its part of the lock, fits into Lambda, and light functions stay light."""

from __future__ import annotations

import subprocess
import sys

import pytest

from infra import layers
from infra.flow import FLOW
from infra.layers import ROOT

HEAVY = ("polars", "pandas", "pyarrow", "pandera", "pyiceberg", "awswrangler")


def test_a_layer_holds_nothing_that_lambda_brings() -> None:
    for name in layers.LAYERS:
        assert not layers.closure(layers.RUNTIME) & {
            line.split("==")[0] for line in layers.lock_of(name).splitlines() if "==" in line
        }


def test_every_entry_of_a_layer_has_its_hashes() -> None:
    for name in layers.LAYERS:
        for entry in layers.lock_of(name).split("\n"):
            assert not entry or "==" in entry or "--hash=sha256:" in entry


def test_tables_are_committed_without_pyarrow() -> None:
    assert "pyarrow" not in layers.lock_of("tables")


def test_the_laptops_note_has_the_name_of_awss_content(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEGATE_LAYERS", "local")
    folder = layers.content_of("base")
    assert folder.name == "note"
    assert folder.parent.name == layers.hash_of("base")


@pytest.mark.parametrize("verb", [verb for verb, row in FLOW.items() if row.layers == ("base",)])
def test_a_light_function_loads_no_heavy_package(verb: str) -> None:
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"import functions.{verb}, sys; print(*sys.modules)"],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}", "AWS_DEFAULT_REGION": "eu-west-1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert not set(HEAVY) & set(said)
