"""`tidegate contract infer` and `dataset new`, as typed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from infra.cli import main as command

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "2024 Bookings.csv"
    path.write_text("Booking No;price\n" + "".join(f"{at};{at},50\n" for at in range(50)))
    return path


def test_the_contract_is_shown_and_can_be_redirected_into_a_file(
    sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["contract", "infer", str(sample)]) == 0
    text = capsys.readouterr().out
    assert text.startswith('"""Bookings: one line on what a row is, and who sends it."""\n')
    assert 'booking_no: int = column(header="Booking No", ge=0)\n' in text
    assert '    reads=Csv(delimiter=";", decimal=","),\n' in text


def test_it_is_written_where_asked_and_overwrites_nothing(
    sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["contract", "infer", str(sample), "--name", "trips", "--out", str(tmp_path / "trips.py")]
    assert command.main(arguments) == 0
    assert 'name="trips"' in (tmp_path / "trips.py").read_text()
    assert "All 50 rows of the sample keep it" in capsys.readouterr().out
    assert command.main(arguments) == 3


def test_a_sample_that_no_contract_takes_whole_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "twice.csv").write_text("a,b\n1,2\n1,2,3\n3,4\n")
    assert command.main(["contract", "infer", str(tmp_path / "twice.csv"), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["total_rows"], told["bad_rows"], told["key"]) == (3, 1, ["a"])


@pytest.mark.parametrize("name", ["missing.csv", "bad.xlsx"])
def test_what_cannot_be_read_says_why(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    assert command.main(["contract", "infer", str(tmp_path / name)]) == 3
    assert name in capsys.readouterr().err
