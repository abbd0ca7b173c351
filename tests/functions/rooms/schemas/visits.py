"""Visits: each file is taken once."""

import pandera.polars as pa

from tidegate.contract.declare import Dataset, Overwrite, column


class Visit(pa.DataFrameModel):
    id: int = column()


dataset = Dataset(name="visits", description="Visits.", row=Visit, key=("id",), overwrite=Overwrite.REFUSE)
