"""Any reader finds the same rows with a filter as without, before and after a table grew."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl
import pytest

from tidegate.lake import commits, datafiles, tables
from tidegate.plan import Field, TableSpec
from tidegate.settings import Setting

if TYPE_CHECKING:
    from tests.functions.world import World

OLD = TableSpec(
    name="growing",
    description="",
    fields=(
        Field(name="n", type="int", required=True),
        Field(name="text", type="string", required=False),
        Field(name="at", type="timestamptz", required=True),
        Field(name="_object_id", type="string", required=True),
    ),
    key=("n",),
    partition_column="at",
    partition_grain="month",
)
NEW = replace(
    OLD,
    fields=(
        Field(name="n", type="long", required=True),
        *OLD.fields[1:],
        Field(name="more", type="double", required=True),
    ),
)
FILTERS = {
    "n > 2": pl.col("n") > 2,
    "n = 3000000000": pl.col("n") == 3_000_000_000,
    f"text >= '{'z' * 65}'": pl.col("text") >= "z" * 65,
    "text is null": pl.col("text").is_null(),
    "at < '1970-01-01T00:00:00+00:00'": pl.col("at").dt.epoch() < 0,
    "more is null": pl.col("more").is_null(),
    "more > 0.5": pl.col("more") > 0.5,
    "more < 0.5": pl.col("more") < 0.5,
}


def append(world: World, spec: TableSpec, batch: str, rows: pl.DataFrame) -> None:
    glue, database = tables.catalog(), world.settings[Setting.DATABASE]
    table = tables.create_or_evolve(glue, database, f"s3://{world.lake}/tables/{spec.name}", spec)
    commits.commit(table, batch, datafiles.write(world.s3, world.lake, spec, batch, rows))


def some(numbers: list[int]) -> pl.DataFrame:
    texts = [None, "z" * 64 + "a", "z" * 70, "é" * 66]
    return pl.DataFrame({"n": numbers}).with_columns(
        text=pl.Series([texts[n % 4] for n in numbers], dtype=pl.String),
        at=pl.Series([-1 if n % 2 else n for n in numbers]).cast(pl.Datetime("us", "UTC")),
    )


@pytest.fixture
def grown(world: World) -> pl.DataFrame:
    append(world, OLD, "first", some([1, 2, 3, 4]))
    append(world, NEW, "second", some([5, 3_000_000_000]).with_columns(more=pl.Series([0.25, 0.75])))
    return world.rows("growing")


def test_old_rows_are_read_by_the_columns_that_came_later(grown: pl.DataFrame) -> None:
    rows = grown.sort("n").select("n", "more").rows()
    assert rows == [(1, None), (2, None), (3, None), (4, None), (5, 0.25), (3_000_000_000, 0.75)]


def test_no_filter_loses_a_row_or_finds_one_too_many(world: World, grown: pl.DataFrame) -> None:
    table = tables.load(world.reader(), world.settings[Setting.DATABASE], "growing")

    for words, expression in FILTERS.items():
        found = table.scan(row_filter=words).to_arrow()["n"].to_pylist()
        assert sorted(found) == sorted(grown.filter(expression)["n"].to_list()), words
