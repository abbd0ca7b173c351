"""What a function is given is all that it needs, it fits into Lambda, and the published sizes are true."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from typing import TYPE_CHECKING

import pytest

from infra import layers
from infra.bundle import stage_code
from infra.flow import FLOW
from infra.layers import ROOT
from tidegate.plan import plan

if TYPE_CHECKING:
    from pathlib import Path

UNZIPPED = 250 * 2**20 / 1e6  # MB, Lambda's quota for a function and its layers: 262,144,000 bytes
CALL = """
import importlib, json, sys
sys.path[:0] = json.loads(sys.argv[1])
handler = importlib.import_module(f"functions.{sys.argv[2]}").handler
class Context:
    function_name = function_version = memory_limit_in_mb = "x"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:000000000000:function:x"
    aws_request_id = log_group_name = log_stream_name = "x"
    def get_remaining_time_in_millis(self): return 1000
try:
    handler({}, Context())
except ImportError as error:
    print("import", repr(error))
except Exception as error:
    print("called", type(error).__name__)
else:
    print("called")
"""
READ = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from tidegate.contract.contracts import contracts
print(*(known.plan.dataset for known in contracts().values()))
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each layer as this machine's interpreter would have it, what Lambda brings, and the code."""
    folder = tmp_path_factory.mktemp("opt")
    stage_code(plan(), folder)
    for name in layers.LAYERS:
        _copy(layers.lock_of(name), folder / name)
    _copy(layers.part_of_lock(layers.closure(layers.RUNTIME)), folder / "runtime")
    return folder


@pytest.mark.parametrize("verb", FLOW)
def test_a_bundle_needs_nothing_from_outside(verb: str, unpacked: Path, tmp_path: Path) -> None:
    assert "\ncalled" in f"\n{_said(CALL, verb, unpacked, tmp_path)}"


def test_the_contracts_of_all_datasets_can_be_read_from_what_validation_is_given(
    unpacked: Path, tmp_path: Path
) -> None:
    assert _said(READ, "validate", unpacked, tmp_path).split() == list(plan().datasets)


def test_each_bundle_fits_and_the_published_sizes_are_within_a_fifth(unpacked: Path) -> None:
    text = (ROOT / "docs" / "bundles.md").read_text()
    published = {
        verb: float(size) for verb, size in re.findall(r"^\| `(\w+)` \|.*\| (\d+) \|$", text, re.MULTILINE)
    }
    sizes = {
        verb: sum(_size(unpacked / name) for name in ("code", *row.layers)) for verb, row in FLOW.items()
    }
    assert max(sizes.values()) < UNZIPPED
    assert published.keys() == sizes.keys()
    wrong = {verb: size for verb, size in sizes.items() if abs(size - published[verb]) > 0.2 * size}
    assert not wrong, "docs/bundles.md is out of date"


def _said(program: str, verb: str, unpacked: Path, cwd: Path) -> str:
    """What a program says where there is nothing but a function's bundle and Lambda's own packages."""
    path = [str(unpacked / name) for name in ("code", *FLOW[verb].layers, "runtime")]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-W", "ignore", "-c", program, json.dumps(path), verb],
        cwd=cwd,
        env={"AWS_DEFAULT_REGION": "eu-west-1", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def _copy(lock: str, into: Path) -> None:
    """Lay out distributions of the lock from this environment, which was installed from the same lock.

    The lock may name another version for Lambda's Python than for this one: the files are this one's.
    """
    for name in re.findall(r"^([\w.-]+)(?:\[[^\]]*\])?==", lock, re.MULTILINE):
        held = distribution(name)
        for file in held.files or ():
            if ".." not in file.parts and layers.runs(file):
                target = into / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(held.locate_file(file)), target)


def _size(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
