"""Files with errors planted in them: what was done to which row is known, and no reader is asked."""

from __future__ import annotations

import datetime as dt
import io
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from tests.tidegate.contract.reading.workbooks import workbook

Row = dict[str, str | None]
Reasons = frozenset[tuple[str, str]]
Torn = dict[str, tuple[Callable[[bytes], bytes], tuple[str, str]]]
COLUMNS = ("id", "code", "kind", "height", "day", "seen", "alive", "owner", "low", "high")
NUMBERS = {"id", "height", "low", "high"}
SHARED = "900000"  # a key that several rows have
SECRET = "Zäpfle"  # stands in a column that is masked

# What is written into a row, and the rules that it breaks.
IN_CELLS: dict[str, tuple[Row, set[tuple[str, str]]]] = {
    "a word for a number": ({"id": "x"}, {("id", "type")}),
    "a number below its least": ({"id": "-"}, {("id", "greater_than_or_equal_to")}),
    "a number beyond its type": ({"id": "2147483648"}, {("id", "type")}),
    "a key that is missing": ({"id": None}, {("id", "not_null")}),
    "a key that others have": ({"id": SHARED}, {("id", "unique")}),
    "a code of another pattern": ({"code": "abc"}, {("code", "str_matches")}),
    "a code that is missing": ({"code": None}, {("code", "not_null")}),
    "a word that is not allowed": ({"kind": "fern"}, {("kind", "isin")}),
    "a word for a fraction": ({"height": "tall"}, {("height", "type")}),
    "a fraction too small": ({"height": "0"}, {("height", "greater_than")}),
    "a fraction too large": ({"height": "100.5"}, {("height", "less_than_or_equal_to")}),
    "a fraction beyond all": ({"height": "1e999"}, {("height", "type")}),
    "a day that does not exist": ({"day": "2021-02-30"}, {("day", "type")}),
    "a day that is missing": ({"day": None}, {("day", "not_null")}),
    "a moment without its zone": ({"seen": "2021-03-01T10:00:00"}, {("seen", "type")}),
    "a word for a truth": ({"alive": "yes"}, {("alive", "type")}),
    "a text too long": ({"owner": SECRET * 3}, {("owner", "str_length")}),
    "columns that contradict": ({"low": "9", "high": "2"}, {("", "ordered")}),
    "a fraction for a whole": ({"low": "1.5"}, {("low", "type")}),
    "two at once": ({"code": "=1+1", "height": "-3"}, {("code", "str_matches"), ("height", "greater_than")}),
}
# What a typed file cannot hold.
UNTYPED = {
    *("a word for a number", "a word for a fraction", "a day that does not exist"),
    *("a moment without its zone", "a word for a truth"),
}
TORN_CSV: Torn = {
    "a field too few": (lambda line: line.rpartition(b",")[0], ("", "field_count")),
    "a field too many": (lambda line: line + b",", ("", "field_count")),
    "a stray quote": (lambda line: line.replace(b",", b',x"y', 1), ("", "quotes")),
    "other bytes": (lambda line: line.replace(b",", b"\xe9,", 1), ("", "encoding")),
    "a NUL byte": (lambda line: line.replace(b",", b"\0,", 1), ("", "nul_byte")),
}
TORN_JSON: Torn = {
    "a key too few": (lambda line: line.replace(b'"low"', b'"lo"'), ("low", "missing")),
    "a key too many": (lambda line: line.replace(b"{", b'{"more":1,', 1), ("more", "unknown")),
    "a stray quote": (lambda line: line.replace(b'"alive"', b'"al"ive"'), ("", "json")),
    "other bytes": (lambda line: line.replace(b'"code":"', b'"code":"\xe9'), ("", "encoding")),
    "a key twice": (lambda line: line.replace(b"{", b'{"low":1,', 1), ("", "duplicate_key")),
}


@dataclass
class Planted:
    """A file, and what is known of it."""

    name: str
    body: bytes = b""
    bad: dict[int, Reasons] = field(default_factory=dict)  # by row number, from 1
    raw: dict[int, bytes] = field(default_factory=dict)  # the bytes of rows of text
    line: dict[int, int] = field(default_factory=dict)
    good: dict[int, Row] = field(default_factory=dict)
    ferns: dict[int, Row] = field(default_factory=dict)  # bad for nothing but a word that is not allowed


def clean(number: int, chance: random.Random) -> Row:
    """A row that keeps the contract."""
    low = chance.randrange(-50, 50)
    return {
        "id": str(number),
        "code": "".join(chance.choices("ABCXYZ", k=3)),
        "kind": chance.choice(["tree", "moss", None]),
        "height": chance.choice(["0.5", "100", "33.25", None]),
        "day": f"2021-0{chance.randrange(1, 10)}-1{chance.randrange(10)}",
        "seen": chance.choice(["2021-03-01T10:00:00Z", None]),
        "alive": chance.choice(["true", "false"]),
        "owner": chance.choice([SECRET, None, 'o"x, y']),
        "low": str(low),
        "high": str(low + chance.randrange(9)),
    }


def _rows(each: int, chance: random.Random, kinds: list[str]) -> list[tuple[Row, str]]:
    """Rows in an order of chance, each with what is planted in it."""
    plants = [kind for kind in kinds for _ in range(each)] + [""] * (each * 30)
    chance.shuffle(plants)
    rows = []
    for at, kind in enumerate(plants, 1):
        cells = IN_CELLS[kind][0] if kind in IN_CELLS else {}
        row = {**clean(at, chance), **cells}
        rows.append(({**row, "id": f"-{at}"} if row["id"] == "-" else row, kind))
    return rows


def planted(ending: str, each: int, seed: int) -> Planted:
    """A file of a format, with `each` rows for every kind of error that it can hold."""
    chance = random.Random(f"{ending}{seed}")
    torn = {".csv": TORN_CSV, ".jsonl": TORN_JSON, ".json": TORN_JSON}.get(ending, {})
    kinds = [kind for kind in IN_CELLS if ending != ".parquet" or kind not in UNTYPED]
    rows = _rows(each, chance, [*kinds, *torn])
    found = Planted(f"plants/planted{ending}")
    for number, (row, kind) in enumerate(rows, 1):
        if kind:
            found.bad[number] = frozenset(IN_CELLS[kind][1] if kind in IN_CELLS else _of_torn(kind, torn))
        else:
            found.good[number] = row
        if kind == "a word that is not allowed":
            found.ferns[number] = row
    if ending in _WHOLE:
        found.body = _WHOLE[ending]([row for row, _ in rows])
        return found
    before, write, between, after = _TEXT[ending]
    lines = [torn[kind][0](write(row)) if kind in torn else write(row) for row, kind in rows]
    found.raw = dict(enumerate(lines, 1))
    found.body = before + between.join(lines) + after
    line = 1 + before.count(b"\n")
    for number, text in found.raw.items():
        found.line[number] = line
        line += 1 + text.count(b"\n")
    return found


def _of_torn(kind: str, torn: Torn) -> set[tuple[str, str]]:
    reason = torn[kind][1]
    return {reason, ("lo", "unknown")} if kind == "a key too few" else {reason}


def as_csv(row: Row) -> bytes:
    """A row as a line of CSV."""
    cells = ["" if value is None else value for value in row.values()]
    return ",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' if set(cell) & set('",\n') else cell
                    for cell in cells).encode()  # fmt: skip


def as_json(row: Row) -> bytes:
    """A row as an object of JSON."""
    tokens = (f"{json.dumps(name)}:{_token(name, value)}" for name, value in row.items())
    return ("{" + ",".join(tokens) + "}").encode()


def _token(name: str, value: str | None) -> str:
    if value is not None and ((name in NUMBERS and value[-1].isdigit()) or value in ("true", "false")):
        return value
    return json.dumps(value, ensure_ascii=False)


def as_parquet(rows: list[Row]) -> bytes:
    """Rows as Parquet, in types that hold some values which the contract's do not."""
    types = {"id": pl.Int64, "height": pl.Float64, "low": pl.Float64, "high": pl.Int64}
    frame = pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String)).with_columns(
        *(pl.col(name).cast(kind) for name, kind in types.items()),
        pl.col("day").str.to_date(),
        pl.col("seen").str.to_datetime(time_unit="us", time_zone="UTC"),
        pl.col("alive") == "true",
    )
    out = io.BytesIO()
    frame.write_parquet(out, row_group_size=100)
    return out.getvalue()


def as_workbook(rows: list[Row]) -> bytes:
    """Rows as a sheet."""
    table = [[_cell(name, value) for name, value in row.items()] for row in rows]
    return workbook({"Plants": [list(COLUMNS), *table]})


def _cell(name: str, value: str | None) -> object:
    if value in ("true", "false"):
        return value == "true"
    plain = value is not None and name in NUMBERS and value[-1].isdigit() and "e" not in value
    return float(value) if plain and value is not None else value


def typed(row: Row) -> tuple[object, ...]:
    """A good row's values as the table should hold them."""
    cast = {"id": int, "low": int, "high": int, "height": float, "day": dt.date.fromisoformat,
            "seen": dt.datetime.fromisoformat, "alive": lambda text: text == "true"}  # fmt: skip
    return tuple(None if value is None else cast.get(name, str)(value) for name, value in row.items())


_WHOLE = {".parquet": as_parquet, ".xlsx": as_workbook}
# What stands before the rows, how one is written, what stands between them and behind.
_TEXT = {
    ".csv": (",".join(COLUMNS).encode() + b"\n", as_csv, b"\n", b"\n"),
    ".jsonl": (b"", as_json, b"\n", b"\n"),
    ".json": (b"[\n", as_json, b",\n", b"\n]"),
}
