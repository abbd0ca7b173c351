"""The entry point of an image; what it trains and serves is tried with real ones, in tests/sagemaker_sdk."""

from __future__ import annotations

import subprocess
import sys

from infra.local.images import HERE


def run(*command: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, str(HERE / "program.py"), "scikit-learn", *command]
    return subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)


def test_any_other_command_takes_the_place_of_the_program() -> None:
    assert run("echo", "any", "words").stdout == "any words\n"


def test_without_a_command_it_says_what_it_can_do() -> None:
    ended = run()
    assert ended.returncode == 1
    assert "train, serve" in ended.stderr
