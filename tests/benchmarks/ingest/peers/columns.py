"""What the programs of polars share: the columns' types, the partition, and the last word."""

from __future__ import annotations

import json
import sys

import polars as pl

_INTEGERS = ("l_orderkey", "l_partkey", "l_suppkey", "l_linenumber")
_FRACTIONS = ("l_quantity", "l_extendedprice", "l_discount", "l_tax")
_LETTERS = ("l_returnflag", "l_linestatus")
_DAYS = ("l_shipdate", "l_commitdate", "l_receiptdate")
_WORDS = ("l_shipinstruct", "l_shipmode", "l_comment")
TYPES: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(_INTEGERS, pl.Int64),
    **dict.fromkeys(_FRACTIONS, pl.Float64),
    **dict.fromkeys(_LETTERS, pl.String),
    **dict.fromkeys(_DAYS, pl.Date),
    **dict.fromkeys(_WORDS, pl.String),
}
YEAR = pl.col("l_shipdate").dt.year().alias("year")


def done(**said: int) -> None:
    """The last line, from which the measuring process reads what came of it."""
    sys.stdout.write(f"\n{json.dumps(said)}\n")
