"""Guests: everything personal in them is disguised before it is kept; some of it runs through a step."""

import pandera.polars as pa
import polars as pl

from tidegate.contract.declare import Dataset, OnArrival, column


class Guest(pa.DataFrameModel):
    email: str = column(personal=OnArrival.HASH, str_matches="^[^@]+@[^@]+$")
    name: str = column(personal=OnArrival.TOKEN, str_length={"min_value": 1, "max_value": 60})
    phone: str = column(personal=OnArrival.MASK, nullable=True)
    note: str = column(personal=True, nullable=True)
    nights: int = column(ge=1)


dataset = Dataset(name="guests", description="Guests.", row=Guest, key=("email",))


class Published(pa.DataFrameModel):
    email: str = column()
    name: str = column()
    nights: int = column(le=30)


def transform(rows: pl.DataFrame) -> pl.DataFrame:
    """Fails for 13 nights, and says whose they are."""
    if 13 in rows["nights"]:
        raise ValueError(f"unlucky: {rows.to_dicts()}")
    return rows.select("email", "name", "nights")
