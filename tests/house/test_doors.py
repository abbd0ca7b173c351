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


def test_the_kit_the_rooms_and_the_functions_read_the_environment_in_one_file() -> None:
    reading = re.compile(r"os\.environ|os\.getenv|getenv\(")
    found = {
        str(path.relative_to(ROOT))
        for path in modules("src", "schemas", "pipelines", "functions")
        if reading.search(path.read_text())
    }
    assert found <= {"src/tidegate/settings.py"}


def test_boto3_clients_of_the_kit_and_the_functions_are_made_in_one_file() -> None:
    making = re.compile(r"boto3\.(client|resource|Session|session)\(")
    found = {
        str(path.relative_to(ROOT))
        for path in modules("src", "schemas", "pipelines", "functions")
        if making.search(path.read_text())
    }
    assert found <= {"src/tidegate/aws.py"}
