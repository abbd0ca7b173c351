"""`tidegate quarantine export` writes what can be mended and landed again, and nothing that does harm."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import polars as pl
import pytest

from infra.cli.quarantine.mending import mended
from tests.functions.changed import changed
from tests.functions.rooms.schemas import stays as stays_contract
from tests.infra.cli.quarantine.conftest import STAYS, TRIPS
from tidegate.contract.compile import plan_of
from tidegate.contract.declare import Csv, Dataset, JsonArray
from tidegate.contract.formats import Header, Parquet

if TYPE_CHECKING:
    from pathlib import Path

    from tests.infra.cli.quarantine.conftest import Desk
    from tidegate.contract.formats import Format

HOSTILE = "stays/../../=cmd|' -C calc'!A0 .csv"


def test_bad_rows_come_with_their_header_so_that_they_can_be_mended_and_landed(
    desk: Desk, tmp_path: Path
) -> None:
    object_id = desk.lands("stays/a.csv", STAYS)
    folder = tmp_path / "out"

    code, told = desk.asks("export", object_id[:10], "--to", str(folder))

    assert code == 0
    assert told["files"][0]["written"] == [f"{object_id}.rows.csv"]
    rows = (folder / f"{object_id}.rows.csv").read_bytes()
    assert rows == b"id,nights\n2,0\n3,=1+1\n"
    desk.lands("stays/mended.csv", rows.replace(b"2,0", b"2,5").replace(b"=1+1", b"2"))
    assert desk.world.rows("stays")["id"].sort().to_list() == [1, 2, 3]


COLUMNS = (
    "id: int = column()\n    nights: int = column(ge=1)",
    "nights: int = column(ge=1)\n    id: int = column()",
)
REORDER = ('key=("id",)', 'key=("id",), on_change=OnChange.REORDER')


@pytest.mark.parametrize("came_so", [True, False])
def test_rows_come_under_the_header_that_they_came_with_so_that_no_value_changes_its_column(
    desk: Desk, tmp_path: Path, *, came_so: bool
) -> None:
    folder, contracts = tmp_path / "out", tmp_path / "schemas"
    contracts.mkdir()
    object_id = "" if came_so else desk.lands("stays/a.csv", STAYS)
    with changed(contracts, "stays", "Dataset, ", "Dataset, OnChange, "):
        pass
    with changed(contracts, "stays", *(REORDER if came_so else COLUMNS)):
        object_id = object_id or desk.lands("stays/a.csv", b"nights,id\n1,1\n0,2\n-1,3\n")
        desk.asks("export", object_id, "--to", str(folder))

    header, row, *_ = (folder / f"{object_id}.rows.csv").read_bytes().splitlines()
    assert dict(zip(header.split(b","), row.split(b","), strict=True)) == {b"id": b"2", b"nights": b"0"}


def test_no_name_is_upstreams_and_no_cell_of_the_table_is_a_formula(desk: Desk, tmp_path: Path) -> None:
    rows, whole = desk.lands(HOSTILE, STAYS), desk.lands("=stays/../x.csv.gz", b"=what")
    folder = tmp_path / "out"

    desk.asks("export", "--all", "--to", str(folder), "--reveal")

    assert {path.name for path in folder.iterdir()} == {
        f"{rows}.rows.csv",
        f"{whole}.csv.gz",
        "reasons.csv",
    }
    assert (folder / f"{whole}.csv.gz").read_bytes() == b"=what"
    with (folder / "reasons.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert not [cell for line in lines for cell in line.values() if cell.startswith(("=", "+", "-", "@"))]
    told = {(line["object_id"], line["row"], line["column"], line["check"]) for line in lines}
    assert told == {
        (rows, "2", "nights", "greater_than_or_equal_to"),
        (rows, "3", "nights", "type"),
        (whole, "", "", "unclaimed"),
    }
    assert {line["file"] for line in lines if line["object_id"] == rows} == {
        f"s3://{desk.world.landing}/{HOSTILE}"
    }


def test_personal_values_leave_only_when_it_is_said(desk: Desk, tmp_path: Path) -> None:
    object_id = desk.lands("trips/a.csv", TRIPS)

    _, told = desk.asks("export", object_id, "--to", str(tmp_path / "masked"), "--table", "parquet")
    desk.asks("export", object_id, "--to", str(tmp_path / "open"), "--reveal")

    assert [path.name for path in (tmp_path / "masked").iterdir()] == ["reasons.parquet"]
    assert "--reveal" in told["files"][0]["left_out"]
    text = pl.read_parquet(tmp_path / "masked" / "reasons.parquet")["text"].to_list()
    assert not [one for one in text if "eve" in one or "bo" in one]
    assert b"eve" in (tmp_path / "open" / f"{object_id}.rows.csv").read_bytes()


def test_nothing_is_written_over(desk: Desk, tmp_path: Path) -> None:
    object_id = desk.lands("stays/a.csv", STAYS)
    (tmp_path / "mine.txt").write_text("")
    code, told = desk.asks("export", object_id, "--to", str(tmp_path))
    assert (code, told["error"]["kind"]) == (3, "Refused")


@pytest.mark.parametrize(
    ("form", "rows", "name", "written"),
    [
        (Csv(delimiter=";"), [b"1;2"], "a.csv", (".csv", b"id;nights\n1;2\n")),
        (Csv(header=Header.NONE), [b"1,2"], "a.csv", (".csv", b"1,2\n")),
        (Csv(skip_lines=2), [b"1,2"], "a.csv.gz", (".csv", b"\n\nid,nights\n1,2\n")),
        (Csv(encoding="latin-1"), ["é,2".encode()], "a", (".csv", b"id,nights\n\xe9,2\n")),
        (Csv(encoding="utf-16"), [b"1,2"], "a", (".csv", "id,nights\n1,2\n".encode("utf-16"))),
        (JsonArray(), [b'{"id":1}', b'{"id":2}'], "a.json", (".json", b'[{"id":1},\n{"id":2}]\n')),
        (Parquet(), [b'{"id":1}'], "a.parquet", (".jsonl", b'{"id":1}\n')),
    ],
    ids=str,
)
def test_rows_are_written_as_their_contract_reads_them(
    form: Format, rows: list[bytes], name: str, written: tuple[str, bytes]
) -> None:
    dataset = Dataset(name="stays", description="Stays.", row=stays_contract.Stay, key=("id",), reads=form)
    ending, lines = mended(rows, plan_of(dataset), name, ("id", "nights"))
    assert (ending, b"".join(lines)) == written
