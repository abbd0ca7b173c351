"""Lines of TPC-H orders: columns typed, bounded or listed, a key of two of them, a rule across two others."""

import datetime as dt
from typing import Any

import pandera.polars as pa
import polars as pl

from tidegate.contract.declare import Dataset, Grain, Partition, column

FIRST, LAST = dt.date(1992, 1, 1), dt.date(1998, 12, 31)


class Line(pa.DataFrameModel):
    """A row as it arrives."""

    l_orderkey: int = column(ge=1)
    l_partkey: int = column(ge=1, le=1_000_000)
    l_suppkey: int = column(ge=1, le=50_000)
    l_linenumber: int = column(ge=1, le=7)
    l_quantity: float = column(ge=1, le=50)
    l_extendedprice: float = column(gt=0)
    l_discount: float = column(ge=0, le=0.1)
    l_tax: float = column(ge=0, le=0.08)
    l_returnflag: str = column(isin=["A", "N", "R"])
    l_linestatus: str = column(isin=["O", "F"])
    l_shipdate: dt.date = column(ge=FIRST, le=LAST)
    l_commitdate: dt.date = column()
    l_receiptdate: dt.date = column()
    l_shipinstruct: str = column(isin=["COLLECT COD", "DELIVER IN PERSON", "NONE", "TAKE BACK RETURN"])
    l_shipmode: str = column(isin=["AIR", "FOB", "MAIL", "RAIL", "REG AIR", "SHIP", "TRUCK"])
    l_comment: str = column(
        nullable=True, str_length={"min_value": 0, "max_value": 44}, str_matches=r"^[A-Za-z0-9 ,.;:!?'()\-]*$"
    )

    @pa.dataframe_check
    @classmethod
    def received_after_it_was_shipped(cls, data: Any) -> Any:
        """l_receiptdate is after l_shipdate"""
        return data.lazyframe.select(pl.col("l_receiptdate") > pl.col("l_shipdate"))


dataset = Dataset(
    name="lineitem",
    description="Lines of orders, as TPC-H makes them.",
    row=Line,
    key=("l_orderkey", "l_linenumber"),
    partition=Partition(column="l_shipdate", grain=Grain.YEAR),
)
