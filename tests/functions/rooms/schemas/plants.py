"""Plants: a contract with rules of every kind, in files of every format."""

import datetime as dt
from typing import Annotated, Any

import pandera.polars as pa
import polars as pl

from tidegate.contract.declare import Csv, Dataset, Excel, JsonArray, JsonLines, Parquet, column


class Plant(pa.DataFrameModel):
    id: pl.Int32 = column(ge=1)
    code: str = column(str_matches="^[A-Z]{3}$")
    kind: str = column(nullable=True, isin=["tree", "moss"])
    height: float = column(nullable=True, gt=0, le=100)
    day: dt.date = column()
    seen: Annotated[pl.Datetime, "us", "UTC"] = column(nullable=True)
    alive: bool = column()
    owner: str = column(nullable=True, personal=True, str_length={"max_value": 10})
    low: pl.Int16 = column()
    high: pl.Int16 = column()

    @pa.dataframe_check
    @classmethod
    def ordered(cls, data: Any) -> Any:
        """low is not above high"""
        return data.lazyframe.select(pl.col("low") <= pl.col("high"))


dataset = Dataset(
    name="plants",
    description="Plants.",
    row=Plant,
    key=("id",),
    reads=(Csv(), JsonLines(), JsonArray(), Parquet(), Excel()),
)
