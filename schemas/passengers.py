"""Passengers, as the desk sends them: what is personal is disguised before anything keeps it, no ticket comes
in two lists, and each names an airline that is published."""

import pandera.polars as pa
import polars as pl

from tidegate.contract.declare import Dataset, OnArrival, Overwrite, Reference, Sees, column


class Passenger(pa.DataFrameModel):
    """A row as it arrives; three of its columns are published in disguise."""

    ticket: str = column(str_matches="^[0-9]{13}$")
    carrier: str = column(str_matches="^[A-Z0-9]{2}$")
    seat: str = column(nullable=True, str_matches="^[0-9]{1,2}[A-K]$")
    bags: pl.Int16 = column(ge=0, le=20)
    name: str = column(personal=OnArrival.TOKEN, str_length={"min_value": 1, "max_value": 120})
    email: str = column(personal=OnArrival.HASH, nullable=True, str_matches="^[^@ ]+@[^@ ]+$")
    phone: str = column(personal=OnArrival.MASK, nullable=True)


class Published(pa.DataFrameModel):
    """A row as it is published: the seat in its two parts."""

    ticket: str = column(description="13 digits")
    carrier: str = column()
    line: pl.Int16 = column(nullable=True, ge=1, le=99, description="of the seat")
    letter: str = column(nullable=True, description="of the seat")
    bags: pl.Int16 = column()
    name: str = column(description="a token, see the vault")
    email: str = column(nullable=True, description="its hash, for joins")
    phone: str = column(nullable=True, description="only whether there is one")


def transform(rows: pl.DataFrame) -> pl.DataFrame:
    """Part the seat; each row by itself."""
    line = pl.col("seat").str.head(-1).cast(pl.Int16)
    return rows.with_columns(line=line, letter=pl.col("seat").str.tail(1)).drop("seat")


dataset = Dataset(
    name="passengers",
    description="Passengers by ticket, their names as tokens",
    row=Passenger,
    key=("ticket",),
    transform=transform,
    transform_sees=Sees.ROWS,
    published=Published,
    overwrite=Overwrite.REPLACE,  # a newer list of the same name takes the older one's place
    unique_across_files=True,
    references=(Reference(columns=("carrier",), to="airlines"),),
)
