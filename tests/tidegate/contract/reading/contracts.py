"""Contracts for tests of the readers: of columns by their headers, and one of every type."""

from typing import Annotated, Any

import pandera.polars as pa
import polars as pl

from tidegate.contract.declare import Dataset, column
from tidegate.contract.in_memory import Checked, check_in_memory
from tidegate.contract.source import Limits


class Parcel(pa.DataFrameModel):
    number: pl.Int32 = column(ge=1)
    colour: str = column(nullable=True, isin=["red", "blue", "é"])
    weight: float = column(nullable=True, gt=0)
    price: Annotated[pl.Decimal, 12, 2] = column(nullable=True)
    sent: pl.Date = column(nullable=True)
    seen: Annotated[pl.Datetime, "us", "UTC"] = column(nullable=True)
    whole: bool = column(nullable=True)


COLUMNS = ("number", "colour", "weight", "price", "sent", "seen", "whole")


def parcels(*reads: Any) -> Dataset:
    """A dataset of every type, whose files are written so."""
    return Dataset(
        name="parcels",
        description="Parcels",
        row=Parcel,
        key=("number",),
        reads=reads if len(reads) > 1 else reads[0],
    )


def texts(headers: list[str], form: Any, *, nullable: bool = True) -> Dataset:
    """A dataset of text columns that files call so; the first is the key."""
    names = [f"c{at}" for at in range(len(headers))]
    body: dict[str, Any] = {"__annotations__": dict.fromkeys(names, str)}
    for at, (name, header) in enumerate(zip(names, headers, strict=True)):
        body[name] = column(header=header, nullable=nullable and at > 0)
    model = type("Row", (pa.DataFrameModel,), body)
    return Dataset(name="texts", description="Texts", row=model, key=("c0",), reads=form)


def checked(body: bytes, dataset: Dataset, name: str, **limits: int) -> Checked:
    """What a file comes to."""
    return check_in_memory(body, dataset, name=name, limits=Limits(**limits) if limits else None)


def reasons(found: Checked) -> dict[int, set[tuple[str, str]]]:
    """Row number to the set of (column, check)."""
    return {
        row["_row"]: {(why["column"], why["check"]) for why in row["_reasons"]}
        for row in found.bad.iter_rows(named=True)
    }
