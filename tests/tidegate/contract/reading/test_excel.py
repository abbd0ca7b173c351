"""One sheet of a workbook: its cells as a file would write them, its errors as errors."""

from __future__ import annotations

import datetime as dt
import io
import random
import struct
import zipfile
from decimal import Decimal

import pytest

from tests.tidegate.contract.reading.contracts import COLUMNS, checked, parcels, reasons, texts
from tests.tidegate.contract.reading.workbooks import workbook
from tidegate.contract.declare import Dataset, Excel

DATASET = parcels(Excel())
HEADER = list(COLUMNS)
DAY = b'<c r="{at}" s="1"><v>43861</v></c>'
NOON = b'<c r="{at}" s="2"><v>43861.5</v></c>'
FAILED = b'<c r="{at}" t="e"><f>1/0</f><v>#DIV/0!</v></c>'
SUM = b'<c r="{at}"><f>1+1</f><v>2</v></c>'


def read(*rows: object, form: Excel | None = None):
    return checked(workbook({"S": [HEADER, *rows]}), parcels(form or Excel()), "parcels/a.xlsx")


def test_cells_are_read_as_a_file_would_write_them():
    found = read(
        [1, "red", 1.5, 12.5, DAY, "2020-01-31T12:00:00Z", True],
        [2.0, None, 2, None, None, None, False],
        ["3", "blue", SUM, "1.10", "2020-01-31", None, None],
    )
    assert found.fault is None
    noon = dt.datetime(2020, 1, 31, 12, tzinfo=dt.UTC)
    day = dt.date(2020, 1, 31)
    assert found.good.rows() == [
        (1, "red", 1.5, Decimal("12.50"), day, noon, True),
        (2, None, 2.0, None, None, None, False),
        (3, "blue", 2.0, Decimal("1.10"), day, None, None),
    ]


def test_what_is_no_value_of_its_column_is_refused():
    found = read(
        [1],
        [2.5],
        [3, "red", FAILED],
        [4, FAILED.replace(b'"', b"'")],
        [5, None, None, None, NOON],
        [6, None, None, None, None, NOON],
        [7, None, None, None, None, None, 1],
        [],
        [8, None, None, None, None, None, None, "beyond"],
        [9],
        [],
    )
    assert found.good["number"].to_list() == [1, 9]
    assert reasons(found) == {
        2: {("number", "type")},
        3: {("weight", "type")},
        4: {("colour", "type")},
        5: {("sent", "type")},
        6: {("seen", "type")},  # Excel knows no zone
        7: {("whole", "type")},
        8: {("", "blank_line")},
        9: {("", "field_count")},
    }
    assert found.bad["_line"].to_list() == list(range(3, 11))


def test_the_contract_names_the_sheet_and_the_lines_before_its_header():
    body = workbook({"First": [["x"]], "Zahlen & mehr": [["Report"], ["a", "b"], ["1", FAILED], ["2", 5]]})
    dataset: Dataset = texts(["a", "b"], Excel(sheet="Zahlen & mehr", skip_lines=1))
    found = checked(body, dataset, "a.xlsx")
    assert found.good.rows() == [("2", "5")]
    assert reasons(found) == {1: {("c1", "type")}}
    assert checked(body, texts(["a", "b"], Excel()), "a.xlsx").fault.code == "wrong_format"
    assert checked(body, texts(["a", "b"], Excel(sheet="no")), "a.xlsx").fault.code == "wrong_format"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_file"),
        (b"a,b\n1,2\n", "wrong_format"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "wrong_format"),
        (b"PK\x03\x04" + bytes(600), "torn_excel"),
        (workbook({"S": []}), "empty_file"),
        (workbook({"S": [HEADER]}), "header_only"),
        (workbook({"S": [["a"], ["1"]]}), "header_mismatch"),
        (workbook({"S": [HEADER]})[:-40], "torn_excel"),
    ],
)
def test_a_workbook_that_is_none_is_a_fault(body, code):
    found = checked(body, DATASET, "parcels/a.xlsx")
    assert found.fault.code == code
    assert found.fault.next_step


def test_a_part_that_declares_less_than_it_holds_is_refused():
    body = workbook({"S": " " * 100_000})
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    lying = body.replace(struct.pack("<I", size), struct.pack("<I", 10))
    assert checked(lying, DATASET, "parcels/a.xlsx").fault.code == "torn_excel"


def test_wounded_workbooks_come_to_a_verdict():
    body = workbook({"S": [HEADER, *([at, "red", 1.5] for at in range(1, 40))]})
    chance = random.Random(3)
    for _ in range(150):
        wounded = bytearray(body)
        for _ in range(3):
            wounded[chance.randrange(len(wounded))] = chance.randrange(256)
        found = checked(bytes(wounded), DATASET, "parcels/a.xlsx")
        assert found.fault or found.good.height + found.bad.height == found.total_rows
