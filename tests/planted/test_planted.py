"""The tests of the tests: each planted bug, in a copy of the checkout, makes the suite fail."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from tests.house.checkout import copy, run
from tests.house.source import ROOT
from tests.planted.bugs import BUGS

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout with its tests."""
    root = copy(tmp_path_factory.mktemp("planted"))
    shutil.copytree(ROOT / "tests", root / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    return root


def suite(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run tests of a copy."""
    return run(root, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *arguments)


def test_each_bug_can_still_be_planted() -> None:
    for name, bug in BUGS.items():
        assert (ROOT / bug.path).read_text().count(bug.before) == 1, name


@pytest.mark.parametrize("name", BUGS)
def test_the_suite_catches(name: str, checkout: Path, full: bool) -> None:
    if not full:
        pytest.skip("in the full tier: each bug costs a run of the tests that should catch it")
    bug = BUGS[name]
    sound = (checkout / bug.path).read_text()
    (checkout / bug.path).write_text(sound.replace(bug.before, bug.after))
    try:
        done = suite(checkout, *bug.tests)
    finally:
        (checkout / bug.path).write_text(sound)
    print(done.stdout[-1500:])
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, f"{sys.executable}: {name} is not caught"
