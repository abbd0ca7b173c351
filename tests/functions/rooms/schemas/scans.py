"""Scans: a step makes their key of what arrives; no two files may come to the same one."""

import pandera.polars as pa
import polars as pl

from tidegate.contract.declare import Dataset, column


class Scan(pa.DataFrameModel):
    code: str = column()
    at: int = column(ge=0)


class Published(pa.DataFrameModel):
    code: str = column()
    at: int = column(le=1000)


def transform(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.col("code").str.to_uppercase())


dataset = Dataset(
    name="scans",
    description="Scans.",
    row=Scan,
    key=("code", "at"),
    transform=transform,
    published=Published,
    unique_across_files=True,
)
