"""The layers for AWS hold the lock, for its processor and its Python alone (opt-in: fetches 120 MB)."""

from __future__ import annotations

import re
from email import message_from_string
from typing import TYPE_CHECKING, Any

import pytest

from infra import layers
from infra.flow import FLOW
from tests.infra.conftest import synthesise

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.aws_layers
AARCH64 = 183  # the machine's number in an ELF header
UNZIPPED = 250 * 2**20


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    monkeypatch.delenv("TIDEGATE_LAYERS", raising=False)
    return {name: layers.content_of(name) for name in layers.LAYERS}


def test_each_holds_the_versions_of_the_lock_and_nothing_more(built: dict[str, Path]) -> None:
    for name, folder in built.items():
        wanted = set(re.findall(r"^([\w.-]+)==(\S+)", layers.lock_of(name), re.MULTILINE))
        held = {
            (_of(info, "Name"), _of(info, "Version")) for info in folder.glob("python/*.dist-info/METADATA")
        }
        assert {(_plain(name), version) for name, version in held} == {
            (_plain(name), version) for name, version in wanted
        }


def test_every_library_is_for_the_processor_of_lambda(built: dict[str, Path]) -> None:
    libraries = [path for folder in built.values() for path in folder.rglob("*.so*")]
    assert libraries
    for library in libraries:
        header = library.read_bytes()[:20]
        assert header[:4] == b"\x7fELF"
        assert int.from_bytes(header[18:20], "little") == AARCH64
    for wheel in (path for folder in built.values() for path in folder.glob("python/*.dist-info/WHEEL")):
        for tag in re.findall(r"^Tag: (\S+)", wheel.read_text(), re.MULTILINE):
            assert tag.endswith(("-any", "_aarch64"))


def test_what_a_function_is_given_fits_into_lambda(built: dict[str, Path]) -> None:
    for verb, row in FLOW.items():
        files = [path for name in row.layers for path in built[name].rglob("*") if path.is_file()]
        assert sum(path.stat().st_size for path in files) < UNZIPPED - 2**20, verb  # the code is below 1 MB


def test_templates_are_the_same_with_the_notes_of_this_machine(
    built: dict[str, Path], synthesis: Any, tmp_path: Path
) -> None:
    again = synthesise(tmp_path, TIDEGATE_LAYERS="")
    templates = sorted(path.name for path in synthesis.folder.glob("*.template.json"))
    assert len(templates) == 5
    for name in templates:
        assert (again.folder / name).read_bytes() == (synthesis.folder / name).read_bytes()


def _of(metadata: Path, field: str) -> str:
    return str(message_from_string(metadata.read_text("utf-8"))[field])


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
