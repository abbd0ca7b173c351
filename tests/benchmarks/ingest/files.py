"""The files: TPC-H lineitem as `tpchgen-cli` writes it, the same with one row in a hundred spoilt, and a
small likeness of it for a run that takes seconds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl

NAMES = [
    *("l_orderkey", "l_partkey", "l_suppkey", "l_linenumber", "l_quantity", "l_extendedprice", "l_discount"),
    *("l_tax", "l_returnflag", "l_linestatus", "l_shipdate", "l_commitdate", "l_receiptdate"),
    *("l_shipinstruct", "l_shipmode", "l_comment"),
]
# What is done to a row, one thing to each: a cell that a type or rule refuses, or the key of the row before.
SPOILT = {
    "no number": ("l_quantity", "12x"),
    "no date": ("l_shipdate", "1995-13-40"),
    "nothing": ("l_extendedprice", ""),
    "too much": ("l_discount", "0.99"),
    "not in the list": ("l_shipmode", "SPACESHIP"),
    "against a pattern": ("l_comment", "x # y"),
    "against a rule across columns": ("l_receiptdate", "1970-01-01"),
    "a copy of its neighbour's key": ("l_orderkey", None),
}
ONE_IN = 100
_SEED = 7


def tpch(folder: Path, scale: int) -> Path:
    """Lineitem at a scale factor, made once and kept."""
    file = folder / f"sf{scale}" / "lineitem.csv"
    if not file.exists():
        beside = Path(sys.executable).parent
        tool = shutil.which("tpchgen-cli", path=f"{beside}{os.pathsep}{os.environ['PATH']}")
        if tool is None:
            lock = Path(__file__).with_name("requirements.lock")
            raise SystemExit(f"tpchgen-cli is missing; install it: uv pip install --require-hashes -r {lock}")
        partly = folder / f"partly-{scale}"
        subprocess.run(
            [tool, "csv", "-s", str(scale), "--tables", "lineitem", "--output-dir", str(partly)], check=True
        )
        partly.rename(file.parent)
    return file


def first_rows(file: Path, rows: int) -> Path:
    """The header and so many rows of a file."""
    short = file.with_name(f"first-{rows}.csv")
    with file.open("rb") as whole, short.open("wb") as out:
        out.writelines(line for _, line in zip(range(rows + 1), whole, strict=False))
    return short


def likeness(folder: Path, rows: int) -> Path:
    """Rows that look like lineitem's and keep its contract, the same for the same number of rows."""
    file = folder / f"likeness-{rows}.csv"
    chance = np.random.default_rng(_SEED)
    number = np.arange(rows)
    days = np.datetime64("1992-01-02") + chance.integers(0, 2500, rows)
    flags = {"l_returnflag": "ANR", "l_linestatus": "OF"}
    modes = ["AIR", "FOB", "MAIL", "RAIL", "REG AIR", "SHIP", "TRUCK"]
    orders = ["COLLECT COD", "DELIVER IN PERSON", "NONE", "TAKE BACK RETURN"]
    words = np.array(["carefully", "final,", "deposits", "sleep.", "furiously;", "even", "packages"])
    columns = {
        "l_orderkey": number // 4 + 1,
        "l_partkey": chance.integers(1, 200_001, rows),
        "l_suppkey": chance.integers(1, 10_001, rows),
        "l_linenumber": number % 4 + 1,
        "l_quantity": chance.integers(1, 51, rows),
        "l_extendedprice": chance.integers(90_000, 10_000_000, rows) / 100,
        "l_discount": chance.integers(0, 11, rows) / 100,
        "l_tax": chance.integers(0, 9, rows) / 100,
        **{name: chance.choice(list(letters), rows) for name, letters in flags.items()},
        "l_shipdate": days,
        "l_commitdate": days + chance.integers(-60, 60, rows),
        "l_receiptdate": days + chance.integers(1, 30, rows),
        "l_shipinstruct": chance.choice(orders, rows),
        "l_shipmode": chance.choice(modes, rows),
        "l_comment": [" ".join(some) for some in chance.choice(words, (rows, 3))],
    }
    folder.mkdir(parents=True, exist_ok=True)
    pl.DataFrame({name: pl.Series(values) for name, values in columns.items()}).write_csv(file)
    return file


def spoilt(file: Path) -> Path:
    """The same file, one row in a hundred spoilt, each in one way; everything else byte by byte as it was."""
    dirty = file.with_name(f"dirty-{file.name}")
    if dirty.exists():
        return dirty
    chance, ways = np.random.default_rng(_SEED), list(SPOILT.values())
    partly, before = dirty.with_suffix(".partly"), b""
    with file.open("rb") as whole, partly.open("wb") as out:
        out.write(next(whole))
        for line in whole:
            spoil = before and chance.random() < 1 / ONE_IN
            out.write(_spoilt(line, before, *ways[chance.integers(len(ways))]) if spoil else line)
            before = b"" if spoil else line  # a copied key is the key of a good row
    partly.rename(dirty)
    return dirty


def _spoilt(line: bytes, before: bytes, column: str, value: str | None) -> bytes:
    cells = line.rstrip(b"\n").split(b",", len(NAMES) - 1)  # delimiters stand in the last cell alone
    if value is None:
        others = before.split(b",", len(NAMES) - 1)
        for name in ("l_orderkey", "l_linenumber"):
            cells[NAMES.index(name)] = others[NAMES.index(name)]
    else:
        cells[NAMES.index(column)] = value.encode()
    return b",".join(cells) + b"\n"
