"""Files whose columns are not the contract's: what each policy makes of them, in each format."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandera.polars as pa
import polars as pl
import pytest

from tests.tidegate.contract.reading.workbooks import workbook
from tidegate.contract.arriving import Arriving, first_come
from tidegate.contract.changes import OnChange, policy_in
from tidegate.contract.declare import Csv, Dataset, Excel, Header, JsonArray, JsonLines, Parquet, column
from tidegate.contract.in_memory import check_in_memory
from tidegate.contract.verdict import BYTES

if TYPE_CHECKING:
    from tidegate.contract.in_memory import Checked

NAUGHTY = json.loads((Path(__file__).parents[2] / "corpora" / "naughty-strings" / "blns.json").read_text())


class Gauge(pa.DataFrameModel):
    station: str = column()
    hour: int = column(ge=0)
    rain: float = column(nullable=True, ge=0)
    wind: int = column(nullable=True)


GAUGES = Dataset(
    name="gauges",
    description="Gauges",
    row=Gauge,
    key=("station", "hour"),
    reads=(Csv(), JsonLines(), JsonArray(), Parquet(), Excel()),
)
ROWS: list[dict[str, Any]] = [
    {"station": "JFK", "hour": 1, "rain": 0.5, "wind": 7},
    {"station": "LGA", "hour": 2, "rain": None, "wind": 8},
]
FORMATS = ["csv", "jsonl", "json", "parquet", "xlsx"]
EXTENDED = [{"note": 'é, "x"', **row, "gust": 20 + at} for at, row in enumerate(ROWS)]
LENIENT = [OnChange.EVOLVE, OnChange.PERMISSIVE]


def written(rows: list[dict[str, Any]], form: str) -> bytes:
    frame = pl.DataFrame(rows)
    if form == "csv":
        return frame.write_csv().encode()
    if form == "parquet":
        out = io.BytesIO()
        frame.write_parquet(out, row_group_size=1)
        return out.getvalue()
    if form == "xlsx":
        cells = [["" if cell is None else cell for cell in row.values()] for row in rows]
        return workbook({"S": [list(rows[0]), *cells]})
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    return ("[" + ",\n".join(lines) + "]" if form == "json" else "\n".join(lines)).encode()


def read(rows: list[dict[str, Any]], form: str, policy: OnChange, **more: Any) -> Checked:
    arriving = Arriving(policy, frozenset({*ROWS[0], "_object_id"}), **more)
    return check_in_memory(written(rows, form), GAUGES, name=f"gauges/a.{form}", arriving=arriving)


def without(rows: list[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in names} for row in rows]


def backwards(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [dict(reversed(row.items())) for row in rows]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("policy", OnChange)
def test_a_file_of_the_contracts_columns_is_read_alike_whatever_the_policy(
    form: str, policy: OnChange
) -> None:
    found = read(ROWS, form, policy)
    assert found.good.select(*ROWS[0]).to_dicts() == ROWS
    assert not list(found.verdict.difference.changes())


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("policy", OnChange)
def test_columns_in_another_order_are_read_by_their_names_or_refused(form: str, policy: OnChange) -> None:
    found = read(backwards(ROWS), form, policy)
    ordered = form in {"csv", "xlsx"}
    assert list(found.verdict.difference.changes()) == (["reordered"] if ordered else [])
    if ordered and policy is OnChange.STRICT:
        assert found.fault is not None
        assert found.fault.code == "header_mismatch"
    else:
        assert found.good.select(*ROWS[0]).to_dicts() == ROWS


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("policy", [OnChange.STRICT, OnChange.REORDER])
def test_a_column_too_many_is_refused(form: str, policy: OnChange) -> None:
    found = read(EXTENDED, form, policy)
    assert found.fault is not None
    assert found.good.height == 0
    assert set(found.verdict.difference.added) == {"note", "gust"}


@pytest.mark.parametrize("form", FORMATS)
def test_evolve_gives_a_new_column_to_the_table_as_text(form: str) -> None:
    found = read(EXTENDED, form, OnChange.EVOLVE)
    assert found.fault is None
    assert found.good.select(*ROWS[0]).to_dicts() == ROWS
    assert found.good.select("note", "gust").rows() == [('é, "x"', "20"), ('é, "x"', "21")]
    assert set(found.verdict.difference.added) == {"note", "gust"}
    assert not found.verdict.difference.reordered


@pytest.mark.parametrize("form", FORMATS)
def test_permissive_keeps_new_columns_together(form: str) -> None:
    found = read(EXTENDED, form, OnChange.PERMISSIVE)
    assert found.good.columns == [*ROWS[0], "_rescued"]
    assert [json.loads(one) for one in found.good["_rescued"]] == [
        {"note": 'é, "x"', "gust": "20"},
        {"note": 'é, "x"', "gust": "21"},
    ]
    assert read(ROWS, form, OnChange.PERMISSIVE).good["_rescued"].to_list() == [None, None]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("policy", OnChange)
def test_a_missing_column_is_nothing_where_it_may_be(form: str, policy: OnChange) -> None:
    found = read(without(ROWS, "rain"), form, policy)
    assert found.verdict.difference.missing == ("rain",)
    if policy in LENIENT:
        assert found.good["rain"].to_list() == [None, None]
        assert found.good["wind"].to_list() == [7, 8]
    else:
        assert found.fault is not None


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("policy", OnChange)
def test_a_missing_column_that_is_never_null_refuses_the_file(form: str, policy: OnChange) -> None:
    found = read(without(ROWS, "hour"), form, policy)
    assert found.fault is not None
    assert found.good.height == 0
    assert found.verdict.difference.missing == ("hour",)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("policy", LENIENT)
def test_a_bad_row_is_kept_with_all_that_came_in_it(form: str, policy: OnChange) -> None:
    rows = [*EXTENDED, {**EXTENDED[0], "station": "EWR", "hour": -1}]
    found = read(rows, form, policy)
    assert (found.good.height, found.bad.height) == (2, 1)
    assert b"20" in found.bad[BYTES][0]


def test_a_rename_is_said_to_be_one() -> None:
    renamed = [
        {"station": row["station"], "hour": row["hour"], "precipitation": row["rain"], "Wind": row["wind"]}
        for row in ROWS
    ]
    found = read(renamed, "csv", OnChange.EVOLVE).verdict.difference
    assert found.renamed == (("rain", "precipitation"), ("wind", "Wind"))
    assert (found.missing, found.added) == (("rain", "wind"), ("precipitation", "Wind"))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("policy", OnChange)
def test_a_column_of_another_type_is_said_and_never_taken(form: str, policy: OnChange) -> None:
    found = read([{**row, "wind": "calm"} for row in ROWS], form, policy)
    assert found.verdict.difference.retyped == ("wind",)
    assert found.fault is not None


@pytest.mark.parametrize(
    "body",
    [
        "station,hour,rain,wind\nJFK,1,,\n".encode("utf-16"),
        b"station,hour,rain,wind\n" + b"Gro\xdfe,1,,\n" * 9,
    ],
)
def test_another_encoding_is_said(body: bytes) -> None:
    found = check_in_memory(body, GAUGES, name="gauges/a.csv")
    assert list(found.verdict.difference.changes()) == ["reencoded"]
    one_byte = (
        b"station,hour,rain,wind\n" + b"".join(b"JFK,%d,,\n" % hour for hour in range(200)) + b"L\xdf,1,,\n"
    )
    assert not list(check_in_memory(one_byte, GAUGES, name="gauges/a.csv").verdict.difference.changes())


def test_names_but_for_the_case_of_their_letters_are_the_contracts_where_it_says_so() -> None:
    loose = replace(GAUGES, reads=Csv(header=Header.ANY_CASE))
    body = b"WIND,Gust,Hour,STATION\n7,20,1,JFK\n"
    found = check_in_memory(body, loose, arriving=Arriving(OnChange.EVOLVE))
    assert found.good.to_dicts() == [{"station": "JFK", "hour": 1, "rain": None, "wind": 7, "gust": "20"}]


def test_without_a_header_columns_have_no_names_to_differ_in() -> None:
    bare = replace(GAUGES, reads=Csv(header=Header.NONE))
    found = check_in_memory(b"JFK,1,0.5,7\nJFK,2,0.5\n", bare, arriving=Arriving(OnChange.PERMISSIVE))
    assert (found.good.height, found.bad.height) == (1, 1)


@pytest.mark.parametrize("policy", LENIENT)
@pytest.mark.parametrize("header", ["station,hour,gust,gust", "station,hour,station"])
def test_the_same_column_twice_is_refused(policy: OnChange, header: str) -> None:
    found = check_in_memory(
        header.encode() + b"\nJFK,1,2,3\n", GAUGES, name="a.csv", arriving=Arriving(policy)
    )
    assert found.fault is not None
    assert "repeated" in found.fault.what


def test_what_is_no_name_for_a_column_or_is_taken_is_rescued() -> None:
    names = ["Gust", "gust", "Wind", "_object_id", "cancelled", "drop table", "", "a-b"]
    body = f"station,hour,rain,wind,{','.join(names)}\nJFK,1,,,{','.join('12345678')}\n".encode()
    taken = frozenset({*ROWS[0], "_object_id", "cancelled"})
    found = check_in_memory(body, GAUGES, name="a.csv", arriving=Arriving(OnChange.EVOLVE, taken))
    assert found.good.columns == [*ROWS[0], "gust", "_rescued"]
    assert found.good["gust"].to_list() == ["1"]
    assert json.loads(found.good["_rescued"][0]) == dict(zip(names[1:], "2345678", strict=True))


@pytest.mark.parametrize("policy", LENIENT)
@pytest.mark.parametrize("form", FORMATS)
def test_naughty_strings_as_names_of_columns_lose_nothing(form: str, policy: OnChange) -> None:
    names = [name for name in dict.fromkeys(NAUGHTY) if name.strip() and not set("\r\n\0") & set(name)]
    names = [name for name in names if form != "xlsx" or name.isprintable()]
    row = {**ROWS[0], **{name: f"v{at}" for at, name in enumerate(names)}}
    found = read([row], form, policy, admits=first_come(1000))
    assert found.fault is None
    kept = found.good.row(0, named=True)
    told = json.loads(kept["_rescued"])
    for at, name in enumerate(names):
        assert told.get(name, kept.get(name.lower())) == f"v{at}", name
    assert all(name == "_rescued" or (name.isascii() and name.isidentifier()) for name in kept)


def test_no_more_columns_than_are_admitted_reach_the_table() -> None:
    row = {**ROWS[0], **{f"c{at}": at for at in range(9)}}
    found = read([row], "csv", OnChange.EVOLVE, admits=first_come(3))
    assert found.good.columns == [*ROWS[0], "c0", "c1", "c2", "_rescued"]
    assert json.loads(found.good["_rescued"][0]) == {f"c{at}": str(at) for at in range(3, 9)}


def test_keys_that_some_records_have_are_kept_for_those() -> None:
    rows = [{**ROWS[0], "a": "x", "B b": [1, {"c": 1.50}]}, {"station": "LGA", "hour": 2, "a": None}]
    text = "\n".join(json.dumps(row) for row in rows).replace("1.5", "1.50").encode()
    found = check_in_memory(text, GAUGES, name="a.jsonl", arriving=Arriving(OnChange.EVOLVE))
    assert found.good.select("station", "wind", "a").rows() == [("JFK", 7, "x"), ("LGA", None, None)]
    assert [one and json.loads(one) for one in found.good["_rescued"]] == [{"B b": '[1,{"c":1.50}]'}, None]
    assert found.verdict.difference.added == ("a", "B b")
    assert found.verdict.difference.missing == ()


def test_half_a_character_is_text_in_no_column_and_is_kept_as_it_was_written() -> None:
    body = b'{"station": "JFK", "hour": 1, "rain": null, "wind": 1, "a": "\\ud800"}\n'
    body += b'{"station": "LGA", "hour": 1, "rain": null, "wind": 1, "a": "b"}'
    evolved = check_in_memory(body, GAUGES, name="a.jsonl", arriving=Arriving(OnChange.EVOLVE))
    assert (evolved.good["a"].to_list(), evolved.bad.height) == (["b"], 1)
    rescued = check_in_memory(body, GAUGES, name="a.jsonl", arriving=Arriving(OnChange.PERMISSIVE))
    assert rescued.good["_rescued"].to_list() == ['{"a":"\\ud800"}', '{"a":"b"}']


def test_a_policy_may_differ_by_environment() -> None:
    mixed = {"dev": OnChange.EVOLVE}
    assert (policy_in("dev", mixed), policy_in("prod", mixed)) == (OnChange.EVOLVE, OnChange.STRICT)
    assert policy_in("prod", OnChange.REORDER) is OnChange.REORDER


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("policy", LENIENT)
def test_a_personal_column_under_a_new_name_is_not_published(form: str, policy: OnChange) -> None:
    class Guest(pa.DataFrameModel):
        id: int = column()
        name: str = column(nullable=True, personal=True)

    guests = replace(GAUGES, name="guests", row=Guest, key=("id",))
    body = written([{"id": 1, "full_name": "Ann Smith"}, {"id": 2, "full_name": "Bo"}], form)
    found = check_in_memory(body, guests, name=f"guests/a.{form}", arriving=Arriving(policy))
    assert found.fault is not None
    assert found.good.height == 0
    assert found.verdict.difference.renamed == (("name", "full_name"),)
    assert "Ann" not in str(found.verdict)
