"""Datasets that refer to each other must fit together, and personal columns must be disguised soundly."""

from __future__ import annotations

from typing import Any

import pandera.polars as pa
import polars as pl  # noqa: TC002 - pandera reads the annotations when it runs
import pytest

from tidegate.contract.declare import Dataset, OnArrival, OnChange, Reference, column
from tidegate.contract.referring import check_together, referred
from tidegate.errors import ContractMistake


class Trip(pa.DataFrameModel):
    id: int = column()
    rider: str = column(personal=OnArrival.HASH)
    zone: str = column(str_matches="^[A-Z]$")


class Zone(pa.DataFrameModel):
    zone: str = column()
    number: int = column()


class Without(pa.DataFrameModel):
    id: int = column()


class Retyped(pa.DataFrameModel):
    zone: pl.Categorical = column()


def trips(*references: Reference, **more: Any) -> Dataset:
    return Dataset(name="trips", description="", row=Trip, key=("id",), references=references, **more)


def zones(**more: Any) -> Dataset:
    return Dataset(**{"name": "zones", "description": "", "row": Zone, "key": ("zone",), **more})


TO_ZONES = Reference(columns=("zone",), to="zones")


def same(rows: pl.DataFrame) -> pl.DataFrame:
    return rows


def test_datasets_that_fit_together_pass() -> None:
    datasets = {"trips": trips(TO_ZONES), "zones": zones()}

    check_together(datasets)

    assert referred(datasets) == {"zones"}


@pytest.mark.parametrize(
    ("reference", "other", "words"),
    [
        (Reference(columns=("zone",), to="nowhere"), zones(), "which is no dataset"),
        (Reference(columns=("zone", "id"), to="zones"), zones(), "cannot name a row"),
        (Reference(columns=("id",), to="zones"), zones(), "'id' is Int64"),
        (TO_ZONES, zones(key=()), "which has no key"),
        (TO_ZONES, zones(transform=same, published=Without), "not published as it arrives"),
        (TO_ZONES, zones(transform=same, published=Retyped), "not published as it arrives"),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused(reference: Reference, other: Dataset, words: str) -> None:
    with pytest.raises(ContractMistake, match=words):
        check_together({"trips": trips(reference), "zones": other})


def test_a_key_that_no_two_files_bring_must_be_published() -> None:
    with pytest.raises(ContractMistake, match="not published as it arrives"):
        zones(unique_across_files=True, transform=same, published=Without)


@pytest.mark.parametrize(
    ("field", "more", "words"),
    [
        (column(personal=OnArrival.HASH), {"transform": same}, ""),
        (column(personal=OnArrival.HASH, str_matches="a"), {}, ""),
        (column(personal=OnArrival.HASH, str_matches="a"), {"transform": same}, "would judge the hash"),
        (column(personal=OnArrival.MASK), {}, "would be masked"),
        (column(personal=OnArrival.HASH), {"on_change": OnChange.REORDER}, ""),
        (column(personal=OnArrival.HASH), {"on_change": {"dev": OnChange.EVOLVE}}, "kept as they come"),
    ],
)
def test_a_column_that_is_disguised_is_judged_as_it_arrives_and_not_after(
    field: Any, more: dict[str, Any], words: str
) -> None:
    row = type("Guest", (pa.DataFrameModel,), {"__annotations__": {"name": str}, "name": field})
    given = {"name": "guests", "description": "", "row": row, "key": ("name",), **more}
    if not words:
        assert list(Dataset(**given).on_arrival()) == ["name"]
        return
    with pytest.raises(ContractMistake, match=words):
        Dataset(**given)
