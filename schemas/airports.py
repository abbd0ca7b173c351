"""Airports by their FAA code: where they lie, how high, and on which clock."""

import pandera.polars as pa
import polars as pl

from tidegate.contract.declare import Csv, Dataset, Overwrite, column


class Airport(pa.DataFrameModel):
    """A row as it arrives, and as it is published."""

    faa: str = column(str_matches="^[A-Z0-9]{3,4}$")
    name: str = column(str_length={"min_value": 1, "max_value": 120})
    lat: float = column(ge=-90, le=90)
    lon: float = column(ge=-180, le=180)
    alt: pl.Int32 = column(ge=-1500, le=20000, description="in feet; some lie below the sea's level")
    tz: pl.Int16 = column(ge=-12, le=14, description="hours from UTC, in winter")
    dst: str = column(isin=["A", "N", "U"], description="summer time: as in America, none, unknown")
    tzone: str = column(nullable=True, str_matches="^[A-Z][A-Za-z]+/[A-Za-z_]+$")


dataset = Dataset(
    name="airports",
    description="Airports by FAA code",
    row=Airport,
    key=("faa",),
    reads=Csv(null_values=("", "NA")),
    overwrite=Overwrite.REPLACE,
)
