"""What a new model starts from: the packages of each framework are locked, and agree with the kit's."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from infra.cli.scaffold import FRAMEWORKS, TEMPLATES, model_files
from infra.layers import ROOT
from tidegate import find
from tidegate.errors import BadRequest
from tidegate.models.environment import LOCK

PINNED = re.compile(r"^([a-z0-9][\w.-]*)==(\S+)", re.MULTILINE)
OF_THE_KIT = {line for line in (ROOT / "infra/image/training.in").read_text().splitlines() if line[0] != "#"}
OWN = [framework for framework in FRAMEWORKS if framework != "sklearn"]


def _versions(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, version in PINNED.findall(text):
        found.setdefault(name, set()).add(version)
    return found


@pytest.mark.parametrize("framework", OWN)
def test_a_template_is_locked_whole_at_the_versions_of_the_kit(framework: str) -> None:
    kit = _versions((ROOT / LOCK).read_text())
    locked = _versions((TEMPLATES / framework / LOCK).read_text())
    wanted = set((TEMPLATES / framework / "requirements.in").read_text().split("\n")) | OF_THE_KIT
    names = {re.split("[=<>]", line)[0] for line in wanted if line and line[0] != "#"}
    assert names <= locked.keys()
    assert {
        name: versions for name, versions in locked.items() if not versions <= kit.get(name, versions)
    } == {}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_what_is_written_keeps_the_linter_and_the_format(framework: str) -> None:
    name, dataset = "flood_risk", find.dataset("airports" if framework == "text" else "flights")
    files = model_files(name, dataset, framework)
    for file in (file for file in files if file.endswith(".py")):
        # the folder is not there, so its own package would be sorted as a foreign one
        for command in (["check", "--ignore", "I001"], ["format", "--check"]):
            ruff = [
                sys.executable,
                "-m",
                "ruff",
                *command,
                "--stdin-filename",
                f"pipelines/{file}",
                "-",
            ]
            done = subprocess.run(
                ruff, input=files[file], cwd=ROOT, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stdout + done.stderr


def test_a_model_of_text_learns_from_text_alone() -> None:
    with pytest.raises(BadRequest, match="learns from a column of text"):
        model_files("x", find.dataset("airports"), "text", "lat")
    assert 'column="name"' in model_files("x", find.dataset("airports"), "text")["__init__.py"]


def test_scikit_learn_needs_no_environment_of_its_own() -> None:
    assert not (TEMPLATES / "sklearn" / LOCK).exists()
