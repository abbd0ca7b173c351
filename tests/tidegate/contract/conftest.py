"""A small dataset that most tests of the contract engine check files against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandera.polars as pa
import polars as pl
import pytest

from tidegate.contract.declare import Csv, Dataset, column
from tidegate.contract.in_memory import check_in_memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from tidegate.contract.verdict import Verdict


class Parcel(pa.DataFrameModel):
    number: pl.Int32 = column(ge=1)
    colour: str = column(nullable=True, isin=["red", "blue"])
    weight: float = column(nullable=True, gt=0)
    owner: str = column(nullable=True, personal=True, str_length={"max_value": 5})

    @pa.dataframe_check
    @classmethod
    def red_is_heavy(cls, data: Any) -> Any:
        """a red parcel weighs more than ten"""
        return data.lazyframe.select((pl.col("colour") != "red") | (pl.col("weight") > 10))


PARCELS = Dataset(
    name="parcels",
    description="Parcels",
    row=Parcel,
    key=("number",),
    reads=Csv(null_values=("", "NA")),
)
HEADER = b"number,colour,weight,owner\n"


@pytest.fixture
def parcels() -> Dataset:
    return PARCELS


@pytest.fixture
def header() -> bytes:
    return HEADER


@pytest.fixture
def checked() -> Callable[..., Verdict]:
    """Check bytes as a file of parcels."""

    def run(body: bytes, name: str = "parcels/a.csv", **more: Any) -> Verdict:
        return check_in_memory((body), PARCELS, name=name, **more)

    return run
