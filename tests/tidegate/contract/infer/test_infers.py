"""What is inferred is what a person would have written."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from tests.tidegate.contract.reading.workbooks import workbook
from tidegate.contract.declare import Csv, Excel, Header, JsonArray, JsonLines, OnChange
from tidegate.contract.infer.accept import Inferred, declared_in, infer
from tidegate.contract.infer.names import dataset_name, names_of
from tidegate.contract.source import BytesSource, FaultFound
from tidegate.errors import BadRequest


def found(body: bytes, name: str = "sample.csv") -> Inferred:
    return infer(BytesSource(body, name), "sample")


def rows(line: str, count: int = 200) -> str:
    """Lines in which `{at}` is the row's number."""
    return "".join(
        line.format(at=at, day=at % 28 + 1, few="red" if at % 2 else "blue") + "\n" for at in range(count)
    )


def form(body: bytes, name: str = "sample.csv") -> object:
    (only,) = declared_in(found(body, name).text, "sample").formats
    return only


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a;b\n" + rows("{at};1,5"), Csv(delimiter=";", decimal=",")),
        ("a\tb\n" + rows("{at}\tx"), Csv(delimiter="\t")),
        ("a|b\n" + rows("{at}|x"), Csv(delimiter="|")),
        ("a,b\n" + rows("{at},'x, y'"), Csv(quote="'")),
        ("a,b\n" + rows('{at},5" pipe'), Csv(quote=None)),
        (rows("{at},2024-01-{day:02}"), Csv(header=Header.NONE)),
        ("Report\nby,me\n\na,b,c\n" + rows("{at},x,y"), Csv(skip_lines=3)),
        ("a,b\n" + rows("{at},1") + "1000,NA\n", Csv(null_values=("", "NA"))),
        ("a,b\n" + rows("{at},-") + "1000,5\n", Csv(null_values=("", "-"))),
    ],
)
def test_how_a_file_is_written_is_sniffed(text: str, wanted: Csv) -> None:
    assert form(text.encode()) == wanted


@pytest.mark.parametrize(
    ("encoding", "wanted"),
    [("utf-8-sig", "utf-8"), ("cp1252", "cp1252"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le")],
)
def test_the_encoding_is_found_out(encoding: str, wanted: str) -> None:
    assert form(("größe,name\n" + rows("{at},Süd")).encode(encoding)) == Csv(encoding=wanted)


def test_packed_files_and_the_other_formats_are_told_by_their_bytes() -> None:
    assert form(gzip.compress(b"a,b\n1,2\n"), "x.csv.gz") == Csv()
    assert form(b'{"a": 1}\n{"a": 2}\n', "x.json") == JsonLines()
    assert form(b'[{"a": 1}, {"a": 2}]', "x.json") == JsonArray()
    sheets = {"Cover": [["hello"]], "Data": [["Stock"], [], ["id", "n"], *([at, at] for at in range(9))]}
    assert form(workbook(sheets), "x.xlsx") == Excel(sheet="Data", skip_lines=2)


def test_names_become_tidy_and_keep_what_files_call_them() -> None:
    headers = ["Unit Price (€)", "type", "class", "int", "2013", "", "ID", "id", "validate", "Größe"]
    assert names_of(headers) == (
        "unit_price_eur", "type", "class_", "int_", "n_2013", "column_6", "ID", "id_2", "validate_", "grosse"
    )  # fmt: skip
    declared = declared_in(found(b"Unit Price (\xe2\x82\xac),n\n1.50,2\n").text, "sample")
    assert declared.headers() == {"unit_price_eur": "Unit Price (€)", "n": "n"}


def test_a_dataset_is_called_after_its_file() -> None:
    assert dataset_name("2024-01 Umsätze.csv.gz") == "umsatze"
    assert dataset_name("2024.csv") == "dropped_files"


def test_types_and_rules_are_those_that_a_person_would_say() -> None:
    line = "{at},{at}.50,2024-01-{day:02},2024-01-{day:02}T10:00:00Z,true,{few},AB-{at:04},0{at:03},{day}\n"
    declared = declared_in(
        found(("id,price,day,at,ok,colour,sku,zip,hour\n" + rows(line.strip())).encode()).text, "sample"
    )
    columns = declared.schema().columns
    kinds = {name: str(column.dtype) for name, column in columns.items()}
    assert kinds == {
        "id": "Int64",
        "price": "Decimal(precision=12, scale=2)",
        "day": "Date",
        "at": "Datetime(time_unit='us', time_zone='UTC')",
        "ok": "Boolean",
        "colour": "String",
        "sku": "String",
        "zip": "String",
        "hour": "Int16",
    }
    assert columns["colour"].checks[0].statistics == {"allowed_values": ["blue", "red"]}
    assert columns["sku"].checks[0].statistics["pattern"] == "^[A-Z]{2}-[0-9]{4}$"
    assert declared.key == ("id",)
    assert declared.partition is not None
    assert declared.partition.column == "day"


def test_a_key_may_take_several_columns() -> None:
    text = "shop,day,sales\n" + "".join(
        f"{shop},2024-01-{day:02},{day % 3}\n" for shop in "ABC" for day in range(1, 29)
    )
    assert found(text.encode()).draft.key == ("shop", "day")


def test_what_a_contract_reads_as_text_stays_text_and_says_why() -> None:
    told = found(("id,when\n" + rows("{at},{day:02}.01.2024")).encode()).text
    assert "day.month.year dates, which a contract reads as text" in told
    assert 'when: str = column(str_matches=r"^' in told


def test_a_single_cell_that_spoils_a_type_is_named() -> None:
    told = found(("id,n\n" + rows("{at},5") + "x,about 7\n").encode()).text
    assert "text because of 1 of 201 cells ('about 7')" in told


def test_personal_columns_are_marked_and_none_of_their_values_is_quoted() -> None:
    body = ("id,E-Mail,phone,spoilt_mail\n" + rows("{at},m{at}@example.com,+31 20 123 4567,m@x.org")).encode()
    inferred = found(body)
    assert declared_in(inferred.text, "sample").personal() == {"e_mail", "phone", "spoilt_mail"}
    assert "@" not in inferred.text
    assert "+31" not in inferred.text


@pytest.mark.parametrize("body", [b"a,b\n1,x\n1,x\n2,y\n", b"a,b\n1,\n,x\n,x\n"])
def test_rows_that_nothing_names_are_all_taken_and_it_is_said(body: bytes) -> None:
    inferred = found(body)
    assert inferred.accepts
    assert declared_in(inferred.text, "sample").key == ()
    assert "nothing names each row" in inferred.text


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"", "a.csv"),
        (b"a,b\n", "a.csv"),
        (b"%PDF-1.7", "a.csv"),
        (b"PK\x03\x04\0\0", "a.xlsx"),
        (b"{}\n", "a.json"),
    ],
)
def test_what_is_no_table_is_refused_in_words(body: bytes, name: str) -> None:
    with pytest.raises((BadRequest, FaultFound)):
        found(body, name)


def test_a_row_of_totals_spoils_no_type_and_is_told_of() -> None:
    inferred = found(
        ("id;price;when\n" + rows("{at};{at}.50;2024-01-{day:02}") + "Total;19999.00;\n").encode()
    )
    declared = declared_in(inferred.text, "sample")
    assert str(declared.schema().columns["id"].dtype) == "Int64"
    assert (inferred.verdict.bad_rows, inferred.verdict.good_rows) == (1, 200)
    assert "a row of totals stands in the sample" in inferred.text


def test_a_table_evolves_where_keys_of_json_are_missing_or_nested() -> None:
    lines = [f'{{"a": {at}, "b": {{"c": [2]}}' + (', "d": "x"}' if at % 2 else "}") for at in range(50)]
    inferred = found("\n".join(lines).encode(), "sample.jsonl")
    declared = declared_in(inferred.text, "sample")
    assert inferred.accepts
    assert (declared.on_change, list(declared.schema().columns)) == (OnChange.EVOLVE, ["a", "d"])
    assert "b hold lists or objects: EVOLVE puts their JSON into columns of text" in inferred.text


def test_a_sheet_that_cannot_be_read_hides_no_other() -> None:
    whole = workbook({"Spoilt": [["n"], *([number] for number in range(1, 9))], "Good": [["id"], [1], [2]]})
    spoilt = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(spoilt, "w") as new:
        for name in old.namelist():
            body = old.read(name)
            new.writestr(name, body.replace(b"><v>8<", b' t="n"><v> 8<') if "sheet1" in name else body)
    assert form(spoilt.getvalue(), "x.xlsx") == Excel(sheet="Good")


def test_a_list_of_records_inside_an_object_is_found_and_said() -> None:
    with pytest.raises(BadRequest, match='they seem to lie in the list "3166-1"') as refused:
        found(b'{\n  "3166-1": [\n    {"alpha_2": "AW"}\n  ]\n}\n', "countries.json")
    assert """jq -c '.["3166-1"][]' FILE""" in refused.value.next_step
