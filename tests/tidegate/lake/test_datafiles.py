"""What a manifest is told of a data file holds for every row in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from tidegate.lake.datafiles import write
from tidegate.plan import Field, TableSpec

if TYPE_CHECKING:
    from tidegate.lake.filelist import DataFile

COLUMNS = {"text": "string", "real": "double", "day": "date", "at": "timestamptz", "yes": "boolean"}


class Bucket:
    """Takes what is put, and forgets it."""

    def put_object(self, **_: Any) -> None:
        return


def written(rows: pl.DataFrame, partition: tuple[str, str] = ("", "")) -> tuple[DataFile, ...]:
    fields = [Field(name=name, type=COLUMNS[name], required=False) for name in rows.columns]
    spec = TableSpec(
        name="things",
        description="",
        fields=(*fields, Field(name="_object_id", type="string", required=True)),
        key=(),
        partition_column=partition[0],
        partition_grain=partition[1],
    )
    return write(Bucket(), "lake", spec, "ab", rows)


def test_a_long_text_bounds_from_below_by_its_beginning_and_from_above_not_at_all() -> None:
    (file,) = written(pl.DataFrame({"text": ["z" * 100, "b" * 100]}))

    assert file.lower["text"] == "b" * 64
    assert "text" not in file.upper


def test_what_is_not_finite_bounds_nothing() -> None:
    (file,) = written(pl.DataFrame({"real": [1.0, float("inf"), float("nan"), None]}))

    assert (file.lower["real"], file.nulls["real"]) == (1.0, 1)
    assert "real" not in file.upper


def test_a_step_may_reach_beyond_the_years_that_python_knows() -> None:
    rows = pl.DataFrame({"day": [-800_000, 3_000_000], "at": [-(10**17), 10**18]}).select(
        pl.col("day").cast(pl.Int32).cast(pl.Date), pl.col("at").cast(pl.Datetime("us", "UTC"))
    )

    (file,) = written(rows)

    assert (file.lower["day"], file.upper["day"]) == (-800_000, 3_000_000)
    assert (file.lower["at"], file.upper["at"]) == (-(10**17), 10**18)


def test_a_partition_before_1970_is_counted_downwards() -> None:
    rows = pl.DataFrame({"at": [-1, 0]}).select(pl.col("at").cast(pl.Datetime("us", "UTC")))

    assert [file.partition for file in written(rows, ("at", "day"))] == [-1, 0]
    assert [file.partition for file in written(rows, ("at", "month"))] == [-1, 0]
    assert [file.partition for file in written(rows, ("at", "year"))] == [-1, 0]
