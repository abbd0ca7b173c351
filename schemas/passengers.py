"""Passengers of a flight, as the desk sends them: what is personal is disguised before anything keeps it."""

import pandera.polars as pa
import polars as pl

from tidegate.contract.declare import Dataset, OnArrival, column


class Passenger(pa.DataFrameModel):
    """A row as it arrives; three of its columns are published in disguise."""

    ticket: str = column(str_matches="^[0-9]{13}$")
    carrier: str = column(str_matches="^[A-Z0-9]{2}$")
    seat: str = column(nullable=True, str_matches="^[0-9]{1,2}[A-K]$")
    bags: pl.Int16 = column(ge=0, le=20)
    name: str = column(personal=OnArrival.TOKEN, str_length={"min_value": 1, "max_value": 120})
    email: str = column(personal=OnArrival.HASH, nullable=True, str_matches="^[^@ ]+@[^@ ]+$")
    phone: str = column(personal=OnArrival.MASK, nullable=True)


dataset = Dataset(
    name="passengers",
    description="Passengers by ticket, their names as tokens",
    row=Passenger,
    key=("ticket",),
)
