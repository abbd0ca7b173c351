"""What the commands tell of files: landed ones, refused ones, and what was kept of them."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from rich.console import Console

from infra.cli import land, ledger
from infra.cli import main as command
from infra.cli.main import parser
from infra.cli.quarantine import evidence
from tidegate.contract.verdict import MASK
from tidegate.errors import NotFound, Transient
from tidegate.lake import layout
from tidegate.lake.entry import Entry, State
from tidegate.settings import Setting

if TYPE_CHECKING:
    from pathlib import Path

    from infra.cli.place import Place


def _told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = command.main([*arguments, "--json", "--environment", "cli-tests"])
    return code, json.loads(capsys.readouterr().out)


def _write(place: Place, entry: Entry) -> Entry:
    table = place.settings[Setting.LEDGER_TABLE]
    place.client("dynamodb").put_item(TableName=table, Item=entry.item())
    return entry


@pytest.fixture(scope="module")
def entries(bare_place: Place) -> dict[str, Entry]:
    """A published file, one with a bad row, one refused whole, and a table's lease, which is no file."""
    base = Entry(object_id="a" * 32, state=State.PUBLISHED, bucket="cli-landing", key="flights/a.csv")
    a = replace(base, dataset="flights", total_rows=10, good_rows=10, claimed_at="2026-01-01")
    b = replace(
        a, object_id="b" * 32, key="flights/b.csv", state=State.PARTLY_PUBLISHED, claimed_at="2026-01-02"
    )
    b = replace(b, good_rows=9, bad_rows=1, reason="1 row: origin isin", drift="added sky")
    c = replace(
        base, object_id="c" * 32, key="no/c.csv", state=State.QUARANTINED, reason="nobody claims `no`"
    )
    place = bare_place
    place.client("dynamodb").put_item(
        TableName=place.settings[Setting.LEDGER_TABLE],
        Item={"object_id": {"S": "lease#flights"}, "lease_until": {"N": "1"}},
    )
    _keep(place, b, c)
    return {name: _write(place, entry) for name, entry in {"a": a, "b": b, "c": c}.items()}


def _keep(place: Place, rows: Entry, whole: Entry) -> None:
    bad = io.BytesIO()
    pl.DataFrame({"row": [7], "reason": ["origin isin"], "text": ["XXX"]}).write_parquet(bad)
    bodies = {
        layout.bad_rows_key("flights", rows.object_id): bad.getvalue(),
        layout.rows_report_key("flights", rows.object_id): b'{"reasons": {"origin isin": 1}}',
        layout.file_report_key(layout.UNCLAIMED, whole.object_id): b'{"reason": "nobody claims `no`"}',
    }
    for key, body in bodies.items():
        place.client("s3").put_object(Bucket=place.settings[Setting.QUARANTINE_BUCKET], Key=key, Body=body)


def test_files_are_listed_latest_first_without_leases(
    entries: dict[str, Entry], capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = _told(capsys, "files", "--dataset", "flights")
    assert code == 0
    assert [(one["key"], one["state"], one["published_rows"]) for one in told] == [
        ("flights/b.csv", "partly_published", 9),
        ("flights/a.csv", "published", 10),
    ]


def test_people_get_a_table_with_the_same(
    entries: dict[str, Entry], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["files", "--environment", "cli-tests"]) == 0
    assert "flights/b.csv" in capsys.readouterr().out


@pytest.mark.parametrize("width", [60, 80])
def test_the_table_of_files_is_readable_on_a_narrow_terminal(entries: dict[str, Entry], width: int) -> None:
    console = Console(width=width, file=io.StringIO(), record=True)
    arguments = parser().parse_args(["files", "--environment", "cli-tests"])
    console.print(arguments.run(arguments, None).view())
    shown = console.export_text().splitlines()
    assert max(map(len, shown)) <= width
    (line,) = [one for one in shown if "flights/a.csv" in one]
    assert [cell.strip() for cell in line.strip("│ ").split("│")] == [
        "aaaaaaaa",
        "flights/a.csv",
        "10 of 10",
        "published",
    ]
    assert len(shown) < 16


def test_a_file_with_other_columns_is_shown_with_them(
    entries: dict[str, Entry], capsys: pytest.CaptureFixture[str]
) -> None:
    _, told = _told(capsys, "files")
    assert {one["key"]: one["drift"] for one in told}["flights/b.csv"] == "added sky"


def test_the_quarantine_lists_rows_and_whole_files(
    entries: dict[str, Entry], capsys: pytest.CaptureFixture[str]
) -> None:
    _, told = _told(capsys, "quarantine", "list")
    assert {one["key"]: one["reason"] for one in told} == {
        "flights/b.csv": "1 row: origin isin",
        "no/c.csv": "nobody claims `no`",
    }


def test_the_quarantine_shows_a_files_report_and_its_bad_rows(
    entries: dict[str, Entry], capsys: pytest.CaptureFixture[str]
) -> None:
    _, told = _told(capsys, "quarantine", "show", "bbbb")
    assert list(told["reports"].values()) == [{"reasons": {"origin isin": 1}}]
    assert told["rows"] == [{"row": 7, "reason": "origin isin", "text": "XXX"}]


def test_the_quarantine_shows_the_report_of_a_file_that_nobody_claims(
    entries: dict[str, Entry], capsys: pytest.CaptureFixture[str]
) -> None:
    _, told = _told(capsys, "quarantine", "show", "cccc")
    assert list(told["reports"].values()) == [{"reason": "nobody claims `no`"}]


def test_an_id_that_fits_no_file_is_a_mistake(
    entries: dict[str, Entry], capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = _told(capsys, "quarantine", "show", "ffff")
    assert code == 3
    assert told["error"]["kind"] == "NotFound"


def test_rows_are_summed_by_dataset(entries: dict[str, Entry]) -> None:
    sums = ledger.by_dataset(entries.values())
    assert sums["flights"] == {
        "files": 2,
        "refused": 0,
        "changed": 1,
        "landed": 20,
        "published": 19,
        "quarantined": 1,
        "discarded": 0,
    }
    assert sums["(unclaimed)"]["refused"] == 1


def test_each_version_of_a_key_is_waited_for_by_its_own_name(bare_place: Place) -> None:
    first, second = (land.put(bare_place, "flights/same.csv", body) for body in (b"1", b"2"))
    assert first != second
    done = Entry(object_id=first, state=State.PUBLISHED, bucket="cli-landing", key="flights/same.csv")
    _write(bare_place, done)
    assert [entry.object_id for entry in land.settled(bare_place, [first], 5)] == [first]
    with pytest.raises(Transient, match="1 file came to no end"):
        land.settled(bare_place, [first, second], 0)


def test_a_files_dataset_is_its_folders_or_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "weather").mkdir()
    for path in (tmp_path / "weather" / "x.csv", tmp_path / "planes.csv", tmp_path / "what.csv"):
        path.write_text("")
    assert land.key_of(tmp_path / "weather" / "x.csv", "") == "weather/x.csv"
    assert land.key_of(tmp_path / "planes.csv", "") == "planes/planes.csv"
    assert land.key_of(tmp_path / "what.csv", "flights") == "flights/what.csv"
    with pytest.raises(Exception, match="neither its folder nor its name"):
        land.key_of(tmp_path / "what.csv", "")


def test_an_environment_that_is_not_deployed_says_how_to_deploy_it(
    bare_place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["files", "--environment", "dev"]) == 3
    assert "tidegate deploy --environment dev" in capsys.readouterr().err


def test_a_place_without_settings_is_not_found(bare_place: Place) -> None:
    with pytest.raises(NotFound):
        ledger.file(bare_place, "no such id")


def test_people_get_a_page_of_what_is_in_quarantine(
    entries: dict[str, Entry], capsys: pytest.CaptureFixture[str]
) -> None:
    for start, said in (("bbbb", "9 good, 1 bad"), ("cccc", "nobody claims `no`")):
        assert command.main(["quarantine", "show", start, "--environment", "cli-tests"]) == 0
        assert said in capsys.readouterr().out


def test_the_page_tells_rules_rows_and_what_to_do_and_masks_what_is_personal(
    entries: dict[str, Entry],
) -> None:
    rule = {
        "column": "origin",
        "check": "isin",
        "rows": 1,
        "examples": [{"line": 8, "said": "'XXX' is none"}],
    }
    row = {
        "_row": 7,
        "_line": 8,
        "_raw": "anna,XXX",
        "_reasons": [{"column": "origin", "said": "'XXX' is none"}],
    }
    found = evidence.Evidence(
        file=entries["b"],
        bucket="kept",
        reports={"rows/flights/b/report.json": {"rules": [rule], "fault": None}},
        rows=[{**row, "_raw": MASK}],
    )
    console = Console(width=120, file=io.StringIO(), record=True)
    console.print(found.page())
    page = console.export_text()
    assert "1 rule broken" in page
    assert "line 8: 'XXX' is none" in page
    assert "1 bad row; the text is not shown" in page
    assert "anna" not in page
    assert "schemas/flights.py" in page
