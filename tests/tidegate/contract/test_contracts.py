"""A contract lies beside the code, or is made from its schema file; nobody who asks for it sees which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tidegate.contract.test_compile import EVERYTHING
from tidegate import find
from tidegate.contract.contracts import contracts, write_contracts
from tidegate.contract.written import to_text

if TYPE_CHECKING:
    from pathlib import Path


def test_in_a_checkout_every_dataset_of_the_folder_is_there(tmp_path: Path) -> None:
    made = contracts(tmp_path / "none")
    assert list(made) == list(find.datasets())
    assert len(made) == len(find.datasets())
    assert made["airports"].name == "airports"


def test_what_was_written_is_what_the_folder_gives(tmp_path: Path) -> None:
    write_contracts(find.datasets(), tmp_path / "contracts")
    read, made = contracts(tmp_path / "contracts"), contracts(tmp_path / "none")
    assert list(read) == list(made)
    for name in made:
        assert to_text(read[name]) == to_text(made[name])


def test_what_is_no_dataset_is_looked_for_nowhere(tmp_path: Path) -> None:
    write_contracts([], tmp_path / "contracts")
    (tmp_path / "beside.json").write_text("{}")
    for folder in (tmp_path / "contracts", tmp_path / "none"):
        with pytest.raises(KeyError):
            contracts(folder)["../beside"]


def test_a_contract_with_a_slow_check_is_made_from_its_schema_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(find.datasets(), "airports", EVERYTHING)
    write_contracts(["airlines", "airports"], tmp_path / "contracts")
    assert [file.name for file in (tmp_path / "contracts").iterdir()] == ["airlines.json"]
    assert contracts(tmp_path / "contracts")["airports"].plan.slow_checks == ("length:slowly",)
