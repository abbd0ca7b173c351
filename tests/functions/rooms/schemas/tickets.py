"""Tickets: no two files bring the same one, each names a zone that is published, its holder is disguised."""

import pandera.polars as pa

from tidegate.contract.declare import Dataset, OnArrival, Reference, column


class Ticket(pa.DataFrameModel):
    holder: str = column(personal=OnArrival.HASH)
    number: int = column()
    zone: str = column(nullable=True)


dataset = Dataset(
    name="tickets",
    description="Tickets.",
    row=Ticket,
    key=("holder", "number"),
    unique_across_files=True,
    references=(Reference(columns=("zone",), to="zones"),),
)
