"""Real days of weather and flights as upstream drops them, changing their columns on the way; and what must
become of each file, worked out in plain Python from the source and the policy alone.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import random
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from infra.cli import drops
from tests.tidegate.contract.reading.workbooks import workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Row = dict[str, str]
NA = "NA"
HOSTILE = "x'); DROP TABLE hours; --"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A dataset, and the columns of it that a change takes."""

    name: str
    read: Callable[[], bytes]
    texts: frozenset[str]
    reals: frozenset[str]
    formats: tuple[str, ...]
    spare: str  # may be null
    other: str  # may be null as well
    needed: str  # may not
    number: str  # a column of numbers
    good: Callable[[Row], bool]
    step: Callable[[dict[str, Any]], dict[str, Any]]

    def value(self, name: str, text: str) -> Any:
        """The cell as the table must hold it."""
        if text == NA:
            return None
        if name == "time_hour":
            return dt.datetime.fromisoformat(text)
        return text if name in self.texts else float(text) if name in self.reals else int(text)

    def days(self, most: int) -> list[list[Row]]:
        """The rows of each day, the first days of the year."""
        days: dict[tuple[int, int], list[Row]] = defaultdict(list)
        for row in csv.DictReader(io.StringIO(self.read().decode())):
            days[int(row["month"]), int(row["day"])].append(row)
        return [days[day] for day in sorted(days)[:most]]


WEATHER = Kind(
    name="hours",
    read=(drops.folder() / "weather.csv").read_bytes,
    texts=frozenset({"origin"}),
    reals=frozenset({"temp", "dewp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib"}),
    formats=("csv", "jsonl", "json", "parquet", "xlsx"),
    spare="wind_gust",
    other="wind_dir",
    needed="visib",
    number="temp",
    good=lambda row: row["wind_speed"] == NA or float(row["wind_speed"]) <= 254,
    step=lambda row: row,
)
FLIGHTS = Kind(
    name="legs",
    read=lambda: drops.all_flights(drops.folder()),
    texts=frozenset({"carrier", "tailnum", "origin", "dest"}),
    reals=frozenset(),
    formats=("csv",),
    spare="air_time",
    other="tailnum",
    needed="dest",
    number="distance",
    good=lambda _: True,
    step=lambda row: {**row, "cancelled": row.get("dep_time") is None},
)


@dataclass(frozen=True, kw_only=True)
class File:
    """One day's file, and what it changed."""

    kind: Kind
    key: str
    form: str
    body: bytes
    rows: list[Row]  # as the source has them
    added: dict[str, Callable[[Row], str]] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    reordered: bool = False
    retyped: bool = False
    reencoded: bool = False

    def changes(self) -> set[str]:
        """What must be said of it, once for all files."""
        found = {f"added {name}" for name in self.added} | {f"missing {name}" for name in self.missing}
        found |= {f"retyped {self.kind.number}"} if self.retyped else set()
        found |= {"reordered"} if self.reordered and self.form in {"csv", "xlsx"} else set()
        return {"reencoded"} if self.reencoded else found

    def refused(self, policy: str) -> bool:
        """Whether no row of it may be published."""
        lenient = policy in {"evolve", "permissive"}
        wanting = self.kind.needed in self.missing or (bool(self.missing or self.added) and not lenient)
        disordered = self.reordered and self.form in {"csv", "xlsx"} and policy == "strict"
        whole = self.reencoded or wanting or disordered or (self.retyped and self.form == "parquet")
        return whole or not any(map(self._good, self.rows))

    def published(self, policy: str) -> Iterator[dict[str, Any]]:
        """The rows that the table must hold, without what is null."""
        if self.refused(policy):
            return
        for row in filter(self._good, self.rows):
            kept = {
                name: self.kind.value(name, text) for name, text in row.items() if name not in self.missing
            }
            full: dict[str, Any] = {**self.kind.step(kept)}
            more = {name: make(row) for name, make in self.added.items()}
            rescued = {name: text for name, text in more.items() if policy == "permissive" or name == HOSTILE}
            full |= {name.lower(): text for name, text in more.items() if name not in rescued}
            full |= {"_rescued": rescued} if rescued else {}
            yield {name: value for name, value in full.items() if value is not None}

    def _good(self, row: Row) -> bool:
        return self.kind.good(row) and not (self.retyped and row[self.kind.number] != NA)


def year(kind: Kind, most: int, seed: int) -> Iterator[File]:
    """A file a day: some weeks as agreed, then upstream changes something, and changes it again."""
    dice = random.Random(seed)
    changes = list(_CHANGES.values())
    dice.shuffle(changes)
    days = kind.days(most)
    stretch = max(1, len(days) // (2 * len(changes)))  # as agreed, changed, as agreed …
    for number, rows in enumerate(days):
        turn, odd = divmod(number // stretch, 2)
        change = changes[turn % len(changes)] if odd else _as_agreed
        said = change(kind)
        form = "csv" if said.get("reencoded") else kind.formats[number % len(kind.formats)]
        body = _written(kind, rows, form, said)
        yield File(kind=kind, key=f"{kind.name}/{number:03}.{form}", form=form, body=body, rows=rows, **said)


def _as_agreed(_: Kind) -> dict[str, Any]:
    return {}


def _secret(row: Row) -> str:
    return f"secret-{row['month']}-{row['day']}-{row['hour']} é"


_CHANGES: dict[str, Callable[[Kind], dict[str, Any]]] = {
    "added": lambda _: {"added": {"Sky": _secret}},
    "two added": lambda _: {"added": {"sun": _secret, "moon": lambda row: f"secret {row['day']}"}},
    "added with a hostile name": lambda _: {"added": {HOSTILE: _secret}},
    "dropped": lambda kind: {"missing": frozenset({kind.spare})},
    "renamed": lambda kind: {
        "missing": frozenset({kind.other}),
        "added": {f"{kind.other}_new": lambda row: row[kind.other] if row[kind.other] != NA else "none"},
    },
    "dropped, though needed": lambda kind: {"missing": frozenset({kind.needed})},
    "renamed, though needed": lambda kind: {
        "missing": frozenset({kind.needed}),
        "added": {f"{kind.needed}_new": lambda row: row[kind.needed]},
    },
    "retyped": lambda _: {"retyped": True},
    "reordered": lambda _: {"reordered": True},
    "reordered, and one added": lambda _: {"reordered": True, "added": {"tide": _secret}},
    "reencoded": lambda _: {"reencoded": True},
}


def _written(kind: Kind, rows: list[Row], form: str, said: dict[str, Any]) -> bytes:
    names = [name for name in rows[0] if name not in said.get("missing", ())]
    names += list(said.get("added", ()))
    if said.get("reordered"):
        names.reverse()
    changed = [_changed(kind, row, said) for row in rows]
    cells = [[row[name] for name in names] for row in changed]
    if form == "csv":
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([names, *cells])
        return out.getvalue().encode("utf-16" if said.get("reencoded") else "utf-8")
    plain = (
        kind.texts
        | set(said.get("added", ()))
        | {"time_hour"}
        | ({kind.number} if said.get("retyped") else set())
    )
    if form == "parquet":
        return _parquet(kind, names, cells, plain)
    if form == "xlsx":
        typed = [[_cell(name, cell, plain) for name, cell in zip(names, row, strict=True)] for row in cells]
        return workbook({"S": [names, *typed]})
    lines = [
        "{" + ", ".join(f"{json.dumps(name)}: {_json(name, row[name], plain)}" for name in names) + "}"
        for row in changed
    ]
    return ("[" + ",\n".join(lines) + "]" if form == "json" else "\n".join(lines)).encode()


def _changed(kind: Kind, row: Row, said: dict[str, Any]) -> Row:
    changed = {**row, **{name: make(row) for name, make in said.get("added", {}).items()}}
    if said.get("retyped") and row[kind.number] != NA:
        changed[kind.number] = f"{row[kind.number]} units"
    return changed


def _json(name: str, cell: str, plain: set[str] | frozenset[str]) -> str:
    return "null" if cell == NA else json.dumps(cell) if name in plain else cell


def _cell(name: str, cell: str, plain: set[str] | frozenset[str]) -> Any:
    return cell if cell == NA or name in plain else float(cell)


def _parquet(kind: Kind, names: list[str], cells: list[list[str]], plain: set[str] | frozenset[str]) -> bytes:
    columns = {}
    for at, name in enumerate(names):
        texts = [None if row[at] == NA else row[at] for row in cells]
        series = pl.Series(name, texts, dtype=pl.String)
        if name == "time_hour":
            series = series.str.to_datetime(time_unit="us", time_zone="UTC")
        elif name not in plain:
            series = series.cast(pl.Float64 if name in kind.reals else pl.Int64)
        columns[name] = series
    out = io.BytesIO()
    pl.DataFrame(columns).write_parquet(out)
    return out.getvalue()
