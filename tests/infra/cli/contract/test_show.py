"""`tidegate contract show`: nothing that a contract says is left out."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest

from infra.cli import main as command
from infra.cli.contract.show import LABELS, NOTHING, TABLES
from tidegate import find
from tidegate.contract.declare import Dataset
from tidegate.contract.described.document import described


def test_every_field_of_a_dataset_has_its_line() -> None:
    assert set(LABELS) | set(TABLES) == {one.name for one in fields(Dataset)}
    assert set(NOTHING) <= set(LABELS)


@pytest.mark.parametrize("name", find.datasets())
def test_every_contract_is_a_document_that_json_can_hold(name: str) -> None:
    document = described(find.dataset(name))
    assert json.loads(json.dumps(document)) == document
    assert {one.name for one in fields(Dataset)} <= set(document)


def test_a_person_reads_rules_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["contract", "show", "flights"]) == 0
    page = capsys.readouterr().out
    for words in (
        "a row is named by: year, month, day, carrier, flight, origin",
        "partitioned by: month of scheduled_departure",
        "one of EWR, JFK, LGA",
        "at least 1; at most 12",
        "no time of day has sixty minutes or more",
    ):
        assert words in page


def test_a_program_gets_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["contract", "show", "planes", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["key"], told["overwrite"], told["table"]["partition_column"]) == (["tailnum"], "replace", "")
    assert told["row"]["columns"][0]["rules"][0]["words"] == "matches ^[A-Z][A-Z0-9]{4,5}$"


def test_an_unknown_dataset_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["contract", "show", "boats"]) == 3
    assert "no dataset is called 'boats'" in capsys.readouterr().err
