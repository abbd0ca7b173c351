"""The command line: quick to start, errors in three parts, an exit code for each kind."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from infra.cli import main as command
from infra.cli.commands import COMMANDS
from tests.house.source import ROOT


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    return subprocess.run(
        [sys.executable, "-m", "infra.cli.main", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_names_every_command_and_is_there_at_once() -> None:
    seconds = []
    for _ in range(3):
        before = os.times()  # of the processor: how busy the machine is does not count
        told = _run("--help")
        after = os.times()
        used = (after.children_user - before.children_user) + (after.children_system - before.children_system)
        seconds.append(used)
    assert all(f"\n    {name}" in told.stdout for name in COMMANDS)
    assert min(seconds) < 0.3


def test_help_loads_nothing_heavy() -> None:
    code = "import sys, infra.cli.main as m\ntry: m.main(['--help'])\nexcept SystemExit: pass\n"
    heavy = "{'boto3', 'botocore', 'pandera', 'polars', 'rich'}"
    code += f"print(sorted({heavy} & set(sys.modules)), file=sys.stderr)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "[]"


def test_every_command_explains_itself() -> None:
    for name in COMMANDS:
        with pytest.raises(SystemExit) as left:
            command.main([name, "--help"])
        assert left.value.code == 0


def test_an_unknown_command_is_a_usage_error() -> None:
    assert _run("fly").returncode == 2


def test_a_mistake_says_where_what_and_what_next_and_exits_with_3() -> None:
    told = _run("land", "no-such-file.csv")
    assert told.returncode == 3
    assert told.stderr == "tidegate: no-such-file.csv: there is no such file\n  → Name files that exist\n"


def test_for_programs_a_mistake_is_json() -> None:
    told = json.loads(_run("land", "no-such-file.csv", "--json").stdout)
    assert told == {
        "error": {
            "kind": "NotFound",
            "where": "no-such-file.csv",
            "what": "there is no such file",
            "next_step": "Name files that exist",
        }
    }


def test_no_traceback_is_shown_unless_asked_for() -> None:
    assert "Traceback" not in _run("land", "no-such-file.csv").stderr
    assert "Traceback" in _run("land", "no-such-file.csv", "--debug").stderr


def test_an_environment_that_does_not_exist_is_named() -> None:
    told = _run("deploy", "--environment", "moon")
    assert told.returncode == 3
    assert "no environment is called 'moon'" in told.stderr


def test_a_deployment_to_aws_names_the_pinned_cdk_and_says_what_was_not_seen() -> None:
    told = _run("deploy", "--environment", "dev").stdout
    assert "aws-cdk@2.1148.1" in told
    assert "Nobody has seen them working" in told
