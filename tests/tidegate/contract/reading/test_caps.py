"""G13: work is bounded. What is too large or too deep is refused as such, soon, and in little memory."""

from __future__ import annotations

import gzip
import io
import resource
import time

import polars as pl
import pytest

from tests.tidegate.contract.reading.contracts import COLUMNS, checked, parcels, texts
from tests.tidegate.contract.reading.workbooks import workbook
from tidegate.contract.compile import plan_of
from tidegate.contract.declare import Csv, Excel, JsonArray, JsonLines, Parquet
from tidegate.contract.engine import check
from tidegate.contract.in_memory import check_in_memory
from tidegate.contract.reading.thrift import I32, I64, Items, read_struct, write_struct
from tidegate.contract.source import BytesSource

LONG = 200 << 20
HEADER = ",".join(COLUMNS).encode() + b"\n"


class Endless:
    """A source of so many equal bytes behind a beginning, that nobody holds."""

    def __init__(self, first: bytes, size: int, name: str) -> None:
        self.first, self.size, self.name = first, size, name

    def open(self):
        left = [self.size]

        class Stream:
            def __init__(self, first: bytes) -> None:
                self.first = first

            def read(self, size: int, /) -> bytes:
                taken, self.first = self.first, b""
                size = min(size, left[0])
                left[0] -= size
                return taken or b"x" * size

        return Stream(self.first)

    def read_at(self, offset: int, length: int) -> bytes:
        raise AssertionError("nobody needs a part of it")


def wide(count: int) -> bytes:
    return ",".join(f"c{at}" for at in range(count)).encode() + b"\n"


BOMBS = {
    "one line of 200 MB, CSV": (Endless(HEADER, LONG, "a.csv"), Csv(), "too_large"),
    "a header of 200 MB": (Endless(b"", LONG, "a.csv"), Csv(), "too_large"),
    "one line of 200 MB, JSON lines": (Endless(b'{"a":"', LONG, "a.jsonl"), JsonLines(), "too_large"),
    "one element of 200 MB": (Endless(b'[{"a":"', LONG, "a.json"), JsonArray(), "too_large"),
    "lists 100,000 deep": (b'{"number":' + b"[" * 100_000, JsonLines(), "too_deep"),
    "objects 100,000 deep": (b'{"a":' * 100_000, JsonLines(), "too_deep"),
    "a list 100,000 deep": (b"[" * 100_000, JsonArray(), "too_deep"),
    "objects in a list 100,000 deep": (b"[" + b'{"a":' * 100_000, JsonArray(), "too_deep"),
    "gzip": (gzip.compress(HEADER + b"1" * (64 << 20), 9), Csv(), "too_large"),
    "50,000 columns": (wide(50_000) + b"," * 49_999, Csv(), "too_large"),
    "50,000 keys": (b'{"c": 1' + b', "c": 1' * 50_000 + b"}", JsonLines(), "too_large"),
    "a workbook of two cells": (
        workbook({"S": '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'}), Excel(), "too_large",
    ),
    "a workbook that unpacks": (workbook({"S": " " * (257 << 20)}), Excel(), "too_large"),
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_as_such_within_seconds(bomb):
    body, form, code = BOMBS[bomb]
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    name = f"parcels/a{form.endings[0]}"
    found = (
        checked(body, parcels(form), name)
        if isinstance(body, bytes)
        else check_in_memory(body, parcels(form))
    )
    assert found.fault is not None
    assert found.fault.code == code
    assert found.good.height == 0
    assert time.monotonic() - began < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 << 10


def parquet(columns: int = 1, rows: int = 1000) -> bytes:
    out = io.BytesIO()
    frame = pl.DataFrame({f"c{at}": [str(row) for row in range(rows)] for at in range(columns)})
    frame.write_parquet(out)
    return out.getvalue()


def declaring(body: bytes, change) -> bytes:
    """The file with another footer."""
    length = int.from_bytes(body[-8:-4], "little")
    footer, _ = read_struct(body[-8 - length : -8])
    change(footer)
    written = write_struct(footer)
    return body[: -8 - length] + written + len(written).to_bytes(4, "little") + b"PAR1"


def first_chunk(footer):
    return footer[4][1].values[0][1][1].values[0][3][1]


def more_rows(footer):
    footer[3] = I64, 2**40


def more_unpacked(footer):
    first_chunk(footer)[6] = I64, 2**40


def a_longer_chunk(footer):
    first_chunk(footer)[7] = I64, 2**40


def many_rows_everywhere(footer):
    footer[3] = footer[4][1].values[0][3] = first_chunk(footer)[5] = I64, 2**31


def no_such_column(footer):
    footer[2] = footer[2][0], Items(footer[2][1].kind, footer[2][1].values * 2)


def a_version(footer):
    footer[1] = I32, 99


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (more_rows, {"torn_parquet"}),
        (more_unpacked, {"too_large"}),
        (a_longer_chunk, {"torn_parquet"}),
        (many_rows_everywhere, {"torn_parquet"}),
        (no_such_column, {"wrong_format"}),
        (a_version, {None, "torn_parquet"}),
    ],
)
def test_a_parquet_file_whose_footer_lies_is_refused_before_anything_is_unpacked(change, codes):
    body = parquet()
    assert checked(body, texts(["c0"], Parquet()), "a.parquet").good.height == 1000
    found = checked(declaring(body, change), texts(["c0"], Parquet()), "a.parquet")
    assert (found.fault.code if found.fault else None) in codes


def test_a_parquet_file_is_held_against_its_caps():
    body, dataset = parquet(), texts(["c0"], Parquet())
    for cap in ("group_bytes", "page_bytes", "unpacked_bytes", "record_bytes"):
        assert checked(body, dataset, "a.parquet", **{cap: 2}).fault.code == "too_large"
    assert checked(parquet(12), dataset, "a.parquet", columns=11).fault.code == "too_large"


def test_few_bytes_of_a_dictionary_do_not_become_much_memory():
    out = io.BytesIO()
    pl.DataFrame({"c0": [str(at) for at in range(3000)], "c1": ["y" * 500_000] * 3000}).write_parquet(out)
    body = out.getvalue()
    assert len(body) < 1 << 20
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = checked(body, texts(["c0", "c1"], Parquet()), "a.parquet")
    assert found.good.height == 3000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400 << 10


FAR = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
LOOSE = "<c><v>1</v></c>"
SPANS = {
    "quoted otherwise": FAR.replace('"', "'"),
    "with spaces": FAR.replace("r=", "r = "),
    "in small letters": FAR.replace("XFD", "xfd"),
    "with zeros": FAR.replace("1048576", "00000000001048576"),
    "behind a megabyte of spaces": FAR.replace("<c ", "<c" + " " * (3 << 20)),
    "cells that do not say where": '<row r="30000">' + LOOSE * 1000 + "</row>",
    "rows that do not say where": f"<row>{LOOSE}</row>" * 30_000 + "<row>" + LOOSE * 1000 + "</row>",
    "texts": '<row r="1"><c r="A1" t="inlineStr"><is><t>' + "y" * 30_000 + "</t></is></c></row>",
}


@pytest.mark.parametrize("what", SPANS)
@pytest.mark.parametrize("path", ["worksheets/sheet1.xml", "Worksheets/S.XML", "elsewhere/sheet"])
def test_a_workbook_is_held_against_its_caps_however_its_xml_is_written(what, path):
    body = workbook({"S": SPANS[what]}, path=path)
    assert len(body) < 200_000
    found = checked(body, texts(["c0"], Excel()), "a.xlsx", sheet_text=20_000)
    assert found.fault.code == "too_large"


def test_a_text_counts_for_each_cell_of_a_workbook_that_has_it():
    assert shared(10).fault.code == "no_good_rows"  # they are copies
    assert shared(2000).fault.code == "too_large"


def shared(cells: int):
    row = '<row r="{0}"><c r="A{0}" t="s"><v>{1:d}</v></c></row>'
    rows = "".join(row.format(at, at > 1) for at in range(1, cells + 1))
    body = workbook({"S": rows}, texts=["c0", "y" * 1000])
    return checked(body, texts(["c0"], Excel()), "a.xlsx", sheet_text=1 << 20, bad_rows=10**6)


@pytest.mark.parametrize("end", [b"PK\x05\x06", b"more"])
def test_a_workbook_whose_zip_may_be_read_in_two_ways_is_refused(end):
    body = workbook({"S": [["c0"], ["a"]]})
    assert checked(body, texts(["c0"], Excel()), "a.xlsx").fault is None
    assert checked(body + end, texts(["c0"], Excel()), "a.xlsx").fault.code == "torn_excel"
    assert checked(b"PK\x03\x04" + body, texts(["c0"], Excel()), "a.xlsx").fault.code == "torn_excel"


MANY = 12_000_000
SHORT = {
    "blank lines, CSV": (HEADER + b"\n" * MANY + b"1,,,,,,\n", Csv()),
    "blank lines, JSON lines": (b"\n" * MANY + b"1\n", JsonLines()),
    "lines of a letter": (HEADER + b"x\n" * MANY, Csv()),
    "lines of a quote": (HEADER + b'"\n' * MANY, Csv()),
    "lines of a digit": (b"1\n" * MANY, JsonLines()),
    "elements of a digit": (b"[" + b"1," * MANY + b"1]", JsonArray()),
    "commas": (b"[" + b"," * MANY + b"1]", JsonArray()),
}


@pytest.mark.parametrize("what", SHORT)
def test_records_of_a_byte_or_two_are_given_up_soon_and_in_little_memory(what):
    body, form = SHORT[what]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = checked(body, parcels(form), f"parcels/a{form.endings[0]}")
    assert found.fault.code == "too_many_bad_rows"
    assert found.bad.height <= 250_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400 << 10


class Counting:
    """A keeper that holds no row."""

    def __init__(self, body: bytes) -> None:
        self.body, self.good, self.bad, self.back = body, 0, 0, 0

    def keep(self, good, row) -> None:
        self.good += good.height

    def refuse(self, bad) -> None:
        self.bad += bad.height
        for offset, length, raw in bad.select("_offset", "_length", "_bytes").rows():
            assert self.body[offset : offset + length] == raw

    def take_back(self, row) -> None:
        self.back += len(row)

    def amend(self, more) -> None:
        raise AssertionError("no row of it has two reasons")


def test_many_long_copies_far_from_each_other_do_not_become_much_memory():
    rows = [b"%d,%s\n" % (at, b"y" * 1000) for at in range(90_000)]
    body = b"c0,c1\n" + b"".join(rows) + b"".join(rows[:25_000])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    keeper = Counting(body)
    plan = plan_of(texts(["c0", "c1"], Csv()))
    verdict = check(BytesSource(body, "a.csv"), plan, keeper)
    assert verdict.fault is None
    assert (verdict.good_rows, verdict.bad_rows) == (65_000, 50_000)
    assert (keeper.good - keeper.back, keeper.bad) == (65_000, 50_000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 << 10
