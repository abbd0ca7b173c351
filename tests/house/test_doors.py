"""What the code reaches for goes through one door, and what it names is nobody's machine."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from tests.house.source import ROOT, modules, tracked

ME = Path(__file__).resolve()
HOSTS = re.compile(r"(pypi\.org|pythonhosted|registry\.npmjs|index-url\s*=|crates\.io|proxy\.golang)")
MACHINE = re.compile(r"(?<![\w.])/(root|work|home/\w+)/")


@cache
def _texts() -> dict[str, str]:
    suffixes = (".py", ".md", ".toml", ".lock", ".txt", ".sh", ".yml", ".yaml", ".json", ".cfg", "")
    paths = [path for path in tracked(*suffixes) if path.resolve() != ME]
    return {str(path.relative_to(ROOT)): path.read_text(errors="replace") for path in paths}


def test_no_test_patches_what_it_tests() -> None:
    patched = re.compile(r"mock\.patch|from unittest import mock|from unittest\.mock|monkeypatch\.setattr")
    assert [name for name, text in _texts().items() if name.endswith(".py") and patched.search(text)] == []


def test_no_package_registry_is_named() -> None:
    assert [name for name, text in _texts().items() if HOSTS.search(text)] == []


def test_no_path_of_somebodys_machine_is_named() -> None:
    assert [name for name, text in _texts().items() if MACHINE.search(text)] == []


READS_THE_ENVIRONMENT = {
    "src/tidegate/settings.py": "the one place for what runs in the cloud",
    "infra/cli/images.py": "uv, which builds an environment, gets the shell's",
    "infra/cli/model.py": "uv, which locks an environment, gets the shell's",
    "infra/cli/test.py": "the tests get the shell's environment, less what points at an account",
    "infra/studio/environment.py": "uv and the SDK's Python get the shell's, less what points at an account",
    "infra/layers.py": "a switch of the synthesis",
    "infra/local/athena/plug.py": "the emulator says its port in its own variable",
    "infra/local/cloud.py": "a cloud that the shell names is used; a server of ours inherits the shell",
    "infra/local/iam/plug.py": "a switch of the local cloud: where decisions are recorded",
    "infra/local/images/serving.py": "a container is told by its environment what to serve",
    "infra/local/sagemaker/__main__.py": "the backend alone is told where S3 is",
    "infra/local/sagemaker/isolation.py": "a switch of the local cloud: name spaces",
    "infra/local/sagemaker/plug.py": "the emulator says its port and state in its own variables",
    "infra/local/sagemaker/process.py": "what a container inherits of its machine",
    "infra/local/server.py": "the server's own environment is what its workers inherit",
    "infra/local/synthesis.py": "the CDK app inherits the shell",
}


def _matching(pattern: str, *rooms: str) -> set[str]:
    found = re.compile(pattern)
    return {str(path.relative_to(ROOT)) for path in modules(*rooms) if found.search(path.read_text())}


def test_the_environment_is_read_in_one_file_and_in_named_ones_of_the_local_cloud() -> None:
    assert _matching(r"os\.environ|getenv\(") - READS_THE_ENVIRONMENT.keys() == set()


def test_boto3_clients_of_the_kit_and_the_functions_are_made_in_one_file() -> None:
    making = r"boto3\.(client|resource|Session|session)\("
    assert _matching(making, "src", "schemas", "pipelines", "functions") <= {"src/tidegate/aws.py"}


def test_nothing_is_printed_but_by_the_command_and_by_programs() -> None:
    assert _matching(r"(?<![\w.])print\(", "src", "schemas", "pipelines", "functions") == set()
