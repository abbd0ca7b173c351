"""Flights, weather and aircraft of 2013 as their tables hold them, read through their own contracts."""

from __future__ import annotations

from functools import cache

import polars as pl

from infra.cli import drops
from tidegate import find
from tidegate.contract.in_memory import check_in_memory

DATA = drops.folder()


@cache
def flights(months: int = 2) -> pl.DataFrame:
    """The published flights of the year's first months."""
    everything = pl.read_csv(drops.all_flights(DATA), infer_schema=False)
    return published("flights", everything.filter(pl.col("month").cast(pl.Int32) <= months))


@cache
def weather() -> pl.DataFrame:
    """The published weather of the year."""
    return published("weather", pl.read_csv(DATA / "weather.csv", infer_schema=False))


@cache
def planes() -> pl.DataFrame:
    """The published aircraft."""
    return published("planes", pl.read_csv(DATA / "planes.csv", infer_schema=False))


def lookups() -> dict[str, pl.DataFrame]:
    """What a flight is looked up in."""
    return {"weather": weather(), "planes": planes()}


def published(name: str, text: pl.DataFrame) -> pl.DataFrame:
    """The rows of a table, from the text of its file."""
    dataset = find.dataset(name)
    good = check_in_memory((text.write_csv().encode()), dataset, name=f"{name}.csv").good
    return dataset.transform(good) if dataset.transform else good
