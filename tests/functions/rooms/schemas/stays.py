"""Stays: a new version of a file takes the place of the older one's rows."""

import pandera.polars as pa

from tidegate.contract.declare import Dataset, Overwrite, column


class Stay(pa.DataFrameModel):
    id: int = column()
    nights: int = column(ge=1)


dataset = Dataset(name="stays", description="Stays.", row=Stay, key=("id",), overwrite=Overwrite.REPLACE)
