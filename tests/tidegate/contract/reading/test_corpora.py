"""Files that nobody here wrote: each reads as its authors say, or is refused, and nothing is changed."""

from __future__ import annotations

import io
import json
from pathlib import Path

import polars as pl
import pytest

from tests.tidegate.contract.reading.contracts import checked, reasons, texts
from tests.tidegate.contract.reading.workbooks import workbook
from tidegate.contract.declare import Csv, Excel, JsonArray, JsonLines, Parquet
from tidegate.contract.reading.json_text import BrokenJson, parse_json

CORPORA = Path(__file__).resolve().parents[3] / "corpora"
SPECTRUM = sorted((CORPORA / "csv-spectrum" / "csvs").glob("*.csv"))
SUITE = sorted((CORPORA / "json-test-suite" / "test_parsing").glob("*.json"))
NAUGHTY = json.loads((CORPORA / "naughty-strings" / "blns.json").read_text())
# Its JSON was anonymised and its CSV was not: the number in the one is not that in the other.
ANONYMISED = {"location_coordinates": ("1234567890", "2095257564")}


def test_the_corpora_are_whole():
    assert len(SPECTRUM) == 12
    assert len(SUITE) == 318
    assert len(NAUGHTY) == 515


@pytest.mark.parametrize("path", SPECTRUM, ids=lambda path: path.stem)
def test_each_csv_reads_exactly_as_its_json(path):
    told = (CORPORA / "csv-spectrum" / "json" / f"{path.stem}.json").read_text()
    wanted = json.loads(told.replace(*ANONYMISED.get(path.stem, ("", ""))))
    wanted = [wanted] if isinstance(wanted, dict) else wanted
    # degrees and minutes are written with bare quotes there, which the contract of such a file says
    form = Csv(null_values=(), quote=None if path.stem in ANONYMISED else '"')
    found = checked(path.read_bytes(), texts(list(wanted[0]), form), path.name)
    assert found.fault is None
    assert found.bad.height == 0
    assert found.good.rows() == [tuple(row.values()) for row in wanted]


def test_a_bare_quote_is_no_rfc_4180_and_breaks_its_row_where_the_contract_does_not_say_so():
    path = next(path for path in SPECTRUM if path.stem in ANONYMISED)
    header = path.read_text().splitlines()[0].split(",")
    found = checked(path.read_bytes(), texts(header, Csv()), path.name)
    assert reasons(found) == {1: {("", "quotes")}}


@pytest.mark.parametrize("path", SUITE, ids=lambda path: path.stem)
def test_each_json_text_is_taken_or_refused_as_its_name_says(path):
    body = path.read_bytes()
    try:
        parse_json(body)
        check = ""
    except BrokenJson as error:
        check = error.check
    if path.name.startswith("y_"):
        # equal keys are well-formed, and still no row: which of the values would be meant?
        assert check == ("duplicate_key" if "duplicated_key" in path.name else "")
    elif path.name.startswith("n_"):
        assert check in {"json", "encoding", "too_deep"}


@pytest.mark.parametrize("form", [JsonLines(), JsonArray()])
@pytest.mark.parametrize("path", SUITE, ids=lambda path: path.stem)
def test_no_json_text_is_a_row_by_mistake(path, form):
    """Each text as a record between two good ones: these stay, and it is published as nothing else."""
    body = path.read_bytes()
    before, after = b'{"a": "x", "b": "1"}', b'{"a": "y", "b": "2"}'
    file = b"\n".join((before, body, after)) if isinstance(form, JsonLines) else None
    file = file or b"[\n" + b",\n".join((before, body, after)) + b"\n]"
    found = checked(file, texts(["a", "b"], form), "texts/a.json")
    rows = set(found.good.rows())
    if found.fault is None:
        assert ("x", "1") in rows
        assert ("y", "2") in rows
        exact = {"y_object.json", "y_object_basic.json"}
        assert len(rows) == 2 or path.name in exact, rows
    else:
        assert found.fault.code in {"too_deep", "torn_json"}


def values() -> list[str]:
    return list(dict.fromkeys(NAUGHTY))


def written(rows: list[dict[str, str]], form) -> bytes:
    """The rows as a file of a format, by somebody else's code."""
    frame = pl.DataFrame(rows)
    if isinstance(form, Csv):
        return frame.write_csv(quote_style="always").encode()
    if isinstance(form, JsonLines):
        return b"\n".join(json.dumps(row, ensure_ascii=False).encode() for row in rows)
    if isinstance(form, JsonArray):
        return json.dumps(rows, indent=1).encode()
    if isinstance(form, Excel):
        return workbook({"S": [list(rows[0]), *(list(row.values()) for row in rows)]})
    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


FORMS = [Csv(null_values=()), JsonLines(), JsonArray(), Parquet(), Excel(null_values=())]


def legal(text: str, form) -> bool:
    """Whether a format can hold the text: XML has no control characters, and Excel no empty cell of text."""
    return not isinstance(form, Excel) or (
        text != "" and all(mark >= " " or mark in "\t\n" for mark in text) and "\ufffe" not in text
    )


@pytest.mark.parametrize("form", FORMS, ids=lambda form: type(form).__name__)
def test_naughty_strings_as_values_change_nothing_but_their_own_cell(form):
    strings = [text for text in values() if legal(text, form)]
    rows = [{"id": str(at), "text": text, "beside": "plain"} for at, text in enumerate(strings)]
    dataset = texts(["id", "text", "beside"], form, nullable=False)
    found = checked(written(rows, form), dataset, f"texts/a{form.endings[0]}")
    assert found.fault is None
    assert found.good.rows() == [tuple(row.values()) for row in rows]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: type(form).__name__)
def test_naughty_strings_as_column_names_are_names_and_nothing_else(form):
    names = [name for name in values() if name and legal(name, form)]
    rows = [{name: f"{at} {row}" for at, name in enumerate(names)} for row in range(3)]
    found = checked(written(rows, form), texts(names, form), f"texts/a{form.endings[0]}")
    assert found.fault is None, found.fault
    assert found.good.rows() == [tuple(row.values()) for row in rows]


@pytest.mark.parametrize("form", [Csv(), JsonLines()], ids=lambda form: type(form).__name__)
def test_a_naughty_object_key_changes_nothing(form):
    good = written([{"a": "1", "b": "2"}], form)
    for text in values():
        assert checked(good, texts(["a", "b"], form), f"texts/{text}").good.rows() == [("1", "2")]


def test_an_unknown_naughty_name_is_said_and_bounded():
    for text in filter(None, values()):
        body = written([{"a": "1", "b": "2", text: "3"}], JsonLines())
        found = checked(body, texts(["a", "b"], JsonLines()), "texts/a.jsonl")
        assert [check for _, check in reasons(found)[1]] == ["unknown"]
        assert len(found.bad["_reasons"][0][0]["column"]) <= 82
