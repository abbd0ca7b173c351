"""What `tidegate test` runs, by what was asked for."""

from __future__ import annotations

import argparse
import tomllib

import pytest

from infra.cli import test
from infra.cli.place import ROOT


def chosen(*words: str) -> list[str]:
    parser = argparse.ArgumentParser()
    test.configure(parser)
    return test.checks(parser.parse_args(list(words)))["tests"]


def test_the_whole_suite_runs_in_as_many_processes_as_are_worth_it() -> None:
    assert chosen() == ["pytest", "-q", *test.parallel()]


def test_the_fast_tier_leaves_out_what_starts_a_system() -> None:
    *others, marks = chosen("--fast")
    assert others == ["pytest", "-q", *test.parallel(), "-m"]
    assert marks.startswith(test.FAST)


def test_what_needs_an_environment_of_its_own_is_left_out_of_every_tier() -> None:
    assert {"frameworks", "localstack", "sagemaker_sdk"} <= set(test.opt_in())
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    for group in test.opt_in():
        assert f"not {group}" in options["addopts"]
        assert f"not {group}" in chosen("--fast")[-1]


def test_the_full_tier_proves_every_figure_in_full() -> None:
    assert chosen("--full") == ["pytest", "-q", *test.parallel(), "--full"]
    assert chosen("--full", "--", "tests/house") == ["pytest", "-q", "tests/house", "--full"]


@pytest.mark.parametrize("words", [["tests/house", "-x"], ["-m", "localstack"]])
def test_words_of_ones_own_go_to_pytest_as_they_are(words: list[str]) -> None:
    assert chosen("--", *words) == ["pytest", "-q", *words]


def test_every_check_comes_before_the_tests() -> None:
    assert list(test.checks(argparse.Namespace(pytest=[], fast=False, full=False))) == [
        "ruff",
        "format",
        "mypy",
        "imports",
        "tests",
    ]
