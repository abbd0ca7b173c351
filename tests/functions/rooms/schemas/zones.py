"""Zones: tickets refer to them; a newer file of a name takes the older one's place."""

import pandera.polars as pa

from tidegate.contract.declare import Dataset, Overwrite, column


class Zone(pa.DataFrameModel):
    zone: str = column()
    fare: float = column()


dataset = Dataset(
    name="zones",
    description="Zones.",
    row=Zone,
    key=("zone",),
    overwrite=Overwrite.REPLACE,
    unique_across_files=True,
)
