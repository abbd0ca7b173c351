"""`tidegate contract diff`: breaking or compatible, for senders and for readers, from files and from git."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from infra.cli import main as command
from infra.cli.contract.versions import of_revision
from tests.house.source import ROOT
from tidegate.contract.declare import Dataset
from tidegate.contract.described.arriving import takes
from tidegate.contract.described.compare import JUDGES, changes
from tidegate.contract.described.document import described
from tidegate.contract.infer.accept import declared_in

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = '''"""Trips."""

import datetime
from typing import Annotated

import pandera.polars as pa
import polars as pl

from tidegate.contract.declare import *


class Trip(pa.DataFrameModel):
    """A row."""

    trip: pl.Int32 = column(ge=1)
    day: datetime.date = column()
    kind: str = column(isin=["car", "bus"])
    fare: Annotated[pl.Decimal, 12, 2] = column(nullable=True, ge=0, le=100)
    rider: str = column(personal=True, header="Rider")


dataset = Dataset(
    name="trips",
    description="Trips.",
    row=Trip,
    key=("trip",),
    reads=Csv(),
    partition=Partition(column="day", grain=Grain.MONTH),
    # more
)
'''
CHANGES = {  # what is written instead of what; whom it breaks
    ("ge=1)", "ge=0)"): set(),
    ("ge=1)", "ge=2)"): {"senders"},
    ("pl.Int32", "int"): set(),
    ("pl.Int32", "pl.Int16"): {"senders"},
    ("pl.Int32", "str"): {"readers", "table"},
    ('isin=["car", "bus"]', 'isin=["car", "bus", "tram"]'): set(),
    ('isin=["car", "bus"]', 'isin=["car"]'): {"senders"},
    ('isin=["car", "bus"]', ""): set(),
    ("column(nullable=True, ge=0, le=100)", "column(nullable=True, ge=0)"): set(),
    ("column(nullable=True, ge=0, le=100)", "column(ge=0, le=100)"): {"senders"},
    ("pl.Decimal, 12, 2", "pl.Decimal, 14, 2"): set(),
    ("pl.Decimal, 12, 2", "pl.Decimal, 14, 4"): {"readers", "table"},
    ("    day: datetime.date = column()", "    day: datetime.date = column()\n    tip: float = column()"): {
        "senders"
    },
    ('    rider: str = column(personal=True, header="Rider")\n', ""): {"senders", "readers", "table"},
    ('header="Rider"', 'header="rider"'): {"senders"},
    ("    rider: str", "    person: str"): {"readers", "table"},
    ("personal=True", "personal=OnArrival.HASH"): {"readers"},
    ("personal=True, ", ""): set(),
    ('key=("trip",)', 'key=("trip", "day")'): {"readers"},
    ('key=("trip",)', 'key=("day",)'): {"senders", "readers"},
    ('key=("trip",)', "key=()"): {"readers"},
    ("Grain.MONTH", "Grain.DAY"): {"readers", "table"},
    ("reads=Csv()", 'reads=Csv(delimiter=";")'): {"senders"},
    ("reads=Csv()", 'reads=Csv(null_values=("", "NA"))'): {"senders"},
    ("reads=Csv()", "reads=(Csv(), Parquet())"): {"senders"},
    ("# more", "own_queue=True,"): set(),
    ("# more", "overwrite=Overwrite.REFUSE,"): {"senders"},
    ("# more", "overwrite=Overwrite.REPLACE,"): {"readers"},
    ("# more", "on_change=OnChange.EVOLVE,"): set(),
    ("# more", 'on_change={"dev": OnChange.REORDER},'): set(),
    ("# more", "unique_across_files=True,"): {"senders"},
    ("# more", "file_rules=(RowCount(least=5),),"): {"senders"},
    ("# more", "file_rules=(RowCount(least=5, severity=Severity.WARN),),"): set(),
    ("# more", 'severities={"kind:isin": Severity.WARN},'): set(),
    ("# more", 'severities={"kind:isin": Severity.REFUSE_FILE},'): {"senders"},
    ("# more", 'severities={"day:type": Severity.REFUSE_FILE},'): {"senders"},
    ("# more", 'references=(Reference(columns=("kind",), to="kinds"),),'): {"senders"},
    ("# more", "transform=lambda rows: rows,"): set(),
}


def compared(old: Path, new: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict]:
    code = command.main(["contract", "diff", str(old), str(new), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_every_field_of_a_dataset_is_judged() -> None:
    assert set(JUDGES) == {one.name for one in fields(Dataset)}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change[1].strip()[:40] or "dropped")
def test_each_change_breaks_whom_it_breaks(change: tuple[str, str]) -> None:
    assert SCHEMA.count(change[0]) == 1
    old, new = (described(declared_in(text, "trips")) for text in (SCHEMA, SCHEMA.replace(*change)))
    found = changes(old, new)
    assert found
    assert {name for one in found for name in one.whom} == CHANGES[change]
    assert changes(old, old) == ()


def test_the_verdict_is_the_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old-one.py").write_text(SCHEMA)
    (tmp_path / "trips.py").write_text(SCHEMA.replace("ge=1)", "ge=2)"))
    code, told = compared(tmp_path / "old-one.py", tmp_path / "trips.py", capsys)
    assert (code, told["verdict"], told["datasets"][0]["dataset"]) == (1, "breaking", "trips")
    (only,) = told["datasets"][0]["changes"]
    assert (only["what"], only["breaking"]) == ("at least 1 becomes at least 2", True)


def test_the_same_twice_is_no_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "trips.py").write_text(SCHEMA)
    code, told = compared(tmp_path / "trips.py", tmp_path / "trips.py", capsys)
    assert (code, told) == (0, {"verdict": "compatible", "datasets": []})


def test_a_git_revision_is_read_without_touching_a_module_of_this_process(tmp_path: Path) -> None:
    before = {name: module for name, module in sys.modules.items() if name.startswith("schemas")}
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "__init__.py").write_text("")
    (tmp_path / "schemas" / "trips.py").write_text(SCHEMA)
    for arguments in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "a"],
    ):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    (tmp_path / "schemas" / "trips.py").write_text(SCHEMA.replace("ge=1)", "ge=2)"))
    assert of_revision("HEAD", tmp_path)["trips"]["row"]["columns"][0]["rules"][0]["words"] == "at least 1"
    assert {name: module for name, module in sys.modules.items() if name.startswith("schemas")} == before


def test_a_checkout_is_compared_with_what_was_committed(capsys: pytest.CaptureFixture[str]) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    assert command.main(["contract", "diff", "airlines", "--against", "HEAD", "--json"]) in (0, 1)
    assert json.loads(capsys.readouterr().out)["verdict"] in ("compatible", "breaking")


def test_what_does_not_exist_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.py").write_text("dataset = 5\n")
    (tmp_path / "worse.py").write_text("import nothing_of_this_name\n")
    for versions in (["missing.py", "missing.py"], ["bad.py", "bad.py"], ["worse.py", "worse.py"]):
        assert command.main(["contract", "diff", *(str(tmp_path / one) for one in versions)]) == 3
    assert "nothing_of_this_name" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wider", "narrower", "text", "anything"),
    [
        ("Int64", "Int16", True, True),
        ("Int64", "UInt32", True, True),
        ("Int32", "UInt32", False, False),
        ("UInt32", "Int16", False, False),
        ("Float64", "Int32", True, False),
        ("String", "Date", True, False),
        ("Date", "String", False, False),
    ],
)
def test_what_was_written_as_one_type_is_read_as_another(
    wider: str, narrower: str, text: bool, anything: bool
) -> None:
    assert takes(wider, narrower, textual=True) == text
    assert takes(wider, narrower, textual=False) == anything
