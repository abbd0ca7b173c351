"""The same lines with a step of the dataset's own, which adds what each line costs."""

import polars as pl
from schemas.lineitem import Line

from tidegate.contract.declare import Dataset, Grain, Partition, Sees, column


class Priced(Line):
    """A row of the table."""

    charge: float = column(ge=0)


def transform(lines: pl.DataFrame) -> pl.DataFrame:
    """Add the price after discount and tax."""
    price = pl.col("l_extendedprice") * (1 - pl.col("l_discount")) * (1 + pl.col("l_tax"))
    return lines.with_columns(charge=price)


dataset = Dataset(
    name="lineitem_step",
    description="Lines of orders with what they cost.",
    row=Line,
    key=("l_orderkey", "l_linenumber"),
    partition=Partition(column="l_shipdate", grain=Grain.YEAR),
    transform=transform,
    transform_sees=Sees.ROWS,
    published=Priced,
)
