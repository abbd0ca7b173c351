"""Airlines by their two-character code: the smallest contract there is."""

import pandera.polars as pa

from tidegate.contract.declare import Dataset, Overwrite, column


class Airline(pa.DataFrameModel):
    """A row as it arrives, and as it is published."""

    carrier: str = column(str_matches="^[A-Z0-9]{2}$")
    name: str = column(str_length={"min_value": 1, "max_value": 80})


dataset = Dataset(
    name="airlines",
    description="Airlines by code",
    row=Airline,
    key=("carrier",),
    overwrite=Overwrite.REPLACE,
)
