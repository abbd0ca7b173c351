"""The aircraft that a tail number stands for, as registered with the FAA; what the register does not say is
`NA`."""

import pandera.polars as pa
import polars as pl

from tidegate.contract.declare import Csv, Dataset, Overwrite, column


class Plane(pa.DataFrameModel):
    """A row as it arrives, and as it is published."""

    tailnum: str = column(str_matches="^[A-Z][A-Z0-9]{4,5}$")
    year: pl.Int16 = column(nullable=True, ge=1903, le=2100, description="of manufacture")
    type: str = column(isin=["Fixed wing multi engine", "Fixed wing single engine", "Rotorcraft"])
    manufacturer: str = column(str_length={"min_value": 1, "max_value": 80})
    model: str = column(str_length={"min_value": 1, "max_value": 40})
    engines: pl.Int16 = column(ge=1, le=8)
    seats: pl.Int16 = column(ge=1, le=900)
    speed: pl.Int16 = column(nullable=True, ge=30, le=1500, description="cruising, in mph; seldom known")
    engine: str = column(
        isin=["4 Cycle", "Reciprocating", "Turbo-fan", "Turbo-jet", "Turbo-prop", "Turbo-shaft"]
    )


dataset = Dataset(
    name="planes",
    description="Aircraft by tail number",
    row=Plane,
    key=("tailnum",),
    reads=Csv(null_values=("", "NA")),
    overwrite=Overwrite.REPLACE,  # a newer register of the same name takes the older one's place
)
