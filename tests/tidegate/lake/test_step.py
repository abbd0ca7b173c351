"""What a step returns is published as it is, or not at all."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl
import pytest

from tidegate.contract.declare import Dataset, column
from tidegate.lake.after_step import after_step


class Arriving(pa.DataFrameModel):
    key: int = column()
    given: float = column()


class Published(pa.DataFrameModel):
    key: int = column()
    whole: pl.Int16 = column()


class Rough(pa.DataFrameModel):
    key: int = column()
    whole: pl.Float32 = column()


def stepped(
    published: type[pa.DataFrameModel], values: list[float], key: tuple[str, ...] = ("key",)
) -> tuple[list[float], list[str]]:
    dataset = Dataset(
        name="things",
        description="",
        row=Arriving,
        key=key,
        transform=lambda rows: rows.select("key", whole="given"),
        published=published,
    )
    rows = pl.DataFrame({"key": [1] * len(values), "given": values}, schema_overrides={"given": pl.Float64})
    stepped = after_step(dataset, rows)
    return stepped.good["whole"].to_list(), [why[0]["said"] for why in stepped.bad["_reasons"].to_list()]


def test_a_number_that_the_published_type_would_cut_or_overflow_is_a_bad_row() -> None:
    good, said = stepped(Published, [1.0, 2.7, 40000.0, -3.0])

    assert good == [1, -3]
    assert said == ["'2.7' is no Int16", "'40000.0' is no Int16"]


def test_a_float_may_lose_digits_and_not_its_size() -> None:
    good, said = stepped(Rough, [0.1, 1e300])

    assert good == pytest.approx([0.1])
    assert said == ["'1e+300' is no Float32"]


@pytest.mark.parametrize("key", [("key",), ()])
def test_copies_are_rows_like_others_in_what_a_step_returns(key: tuple[str, ...]) -> None:
    assert stepped(Published, [1.0, 1.0], key) == ([1, 1], [])
