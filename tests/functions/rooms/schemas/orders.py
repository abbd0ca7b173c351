"""Orders: files of any format that a contract may name."""

import pandera.polars as pa

from tidegate.contract.declare import Csv, Dataset, Excel, JsonArray, JsonLines, Parquet, column


class Order(pa.DataFrameModel):
    id: int = column(ge=0)
    what: str = column(nullable=True)


dataset = Dataset(
    name="orders",
    description="Orders.",
    row=Order,
    key=("id",),
    reads=(Csv(null_values=()), JsonLines(), JsonArray(), Parquet(), Excel()),
)
