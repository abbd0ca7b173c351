"""Tables that hypothesis makes up, written as people write files."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl
from hypothesis import strategies as st

from tests.tidegate.contract.reading.workbooks import workbook

if TYPE_CHECKING:
    from collections.abc import Callable

PRINTABLE = string.ascii_letters + string.digits + " ,;|\"'.-_:/äé€%\t"
CELLS: dict[str, st.SearchStrategy[str]] = {
    "integer": st.integers(-(10**6), 10**6).map(str),
    "identifier": st.integers(1, 10**9).map(str),
    "fraction": st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: f"{value:.3f}"),
    "money": st.integers(0, 10**7).map(lambda cents: f"{cents // 100}.{cents % 100:02}"),
    "truth": st.sampled_from(["true", "false"]),
    "answer": st.sampled_from(["yes", "no", "Y", "N"]),
    "day": st.dates().map(str),
    "german day": st.dates().map(lambda day: f"{day.day:02}.{day.month:02}.{day.year:04}"),
    "moment": st.datetimes().map(lambda at: f"{at.replace(microsecond=0).isoformat()}Z"),
    "local": st.datetimes().map(lambda at: at.replace(microsecond=0).isoformat()),
    "code": st.from_regex(r"[A-Z]{2}-[0-9]{3}", fullmatch=True),
    "choice": st.sampled_from(["red", "green", "blue"]),
    "mail": st.from_regex(r"[a-z]{3,8}@[a-z]{3,6}\.com", fullmatch=True),
    "text": st.text(PRINTABLE, max_size=12),
    "zip": st.integers(0, 99999).map(lambda value: f"{value:05}"),
    "messy": st.sampled_from(["1", "2.5", "x", "", "NA", "-", "true", "0x1f", "1e5", "007", "+3", "1.000,5"]),
}
NOTHING = st.sampled_from(["", "NA", "NULL", "-", "n/a"])
HEADERS = st.one_of(
    st.sampled_from(
        ["id", "name", "Unit Price (€)", "type", "class", "E-Mail", "2013", "Straße", "validate", "int"]
    ),
    st.text(string.ascii_letters + " _-()%", min_size=1, max_size=12).filter(str.strip),
)


@dataclass(frozen=True)
class Made:
    """A file, as its bytes and its name."""

    name: str
    body: bytes


@st.composite
def tables(draw: Callable) -> tuple[list[str], list[list[str]]]:
    """A header and rows of text."""
    kinds = draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=5))
    headers = draw(st.lists(HEADERS, min_size=len(kinds), max_size=len(kinds), unique=True))
    count = draw(st.integers(1, 40))
    columns = []
    for kind in kinds:
        cells = draw(st.lists(CELLS[kind], min_size=count, max_size=count))
        if draw(st.integers(0, 3)) == 0:
            word = draw(NOTHING)
            cells = [word if draw(st.booleans()) else cell for cell in cells]
        columns.append(cells)
    return headers, [list(row) for row in zip(*columns, strict=True)]


@st.composite
def csv_files(draw: Callable) -> Made:
    """A CSV file of some dialect."""
    headers, rows = draw(tables())
    text = io.StringIO()
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    writer = csv.writer(
        text,
        delimiter=draw(st.sampled_from([",", ";", "\t", "|"])),
        quoting=quoting,
        lineterminator=draw(st.sampled_from(["\n", "\r\n"])),
    )
    writer.writerows([headers, *rows] if draw(st.integers(0, 5)) else rows)
    body = text.getvalue().encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16"])))
    pack, ending = draw(st.sampled_from([(bytes, ""), (gzip.compress, ".gz"), (bz2.compress, ".bz2")]))
    return Made(f"sample.csv{ending}", pack(body))


@st.composite
def json_files(draw: Callable) -> Made:
    """JSON lines, or a list, its values of JSON's own types."""
    headers, rows = draw(tables())
    records = [dict(zip(headers, map(_value, row), strict=True)) for row in rows]
    if draw(st.booleans()):
        return Made("sample.jsonl", b"".join(json.dumps(one).encode() + b"\n" for one in records))
    return Made("sample.json", json.dumps(records, indent=draw(st.sampled_from([None, 2]))).encode())


def _value(cell: str) -> object:
    if cell in ("true", "false"):
        return cell == "true"
    try:
        return int(cell)
    except ValueError:
        return cell or None


@st.composite
def parquet_files(draw: Callable) -> Made:
    """Parquet, with the types that polars would find in the text."""
    headers, rows = draw(tables())
    frame = pl.DataFrame(rows, schema=headers, orient="row")
    typed = pl.read_csv(frame.write_csv().encode(), try_parse_dates=True)
    file = io.BytesIO()
    typed.write_parquet(file)
    return Made("sample.parquet", file.getvalue())


@st.composite
def workbooks(draw: Callable) -> Made:
    """A workbook of one sheet."""
    headers, rows = draw(tables())
    cells = [[_value(cell) for cell in row] for row in rows]
    return Made("sample.xlsx", workbook({"Sheet": [headers, *cells]}))
