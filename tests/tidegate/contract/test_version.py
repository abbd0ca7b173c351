"""A contract's version moves with what it asks, and with nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandera.polars as pa

from tidegate.contract.declare import Csv, Dataset, column
from tidegate.contract.version import contract_version

if TYPE_CHECKING:
    import polars as pl


def model(**checks):
    class Row(pa.DataFrameModel):
        key: int = column(**checks)

    return Row


def step(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.head(5)


def other_step(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.head(6)


BASE = Dataset(name="things", description="", row=model(ge=1), key=("key",))


def test_the_same_contract_has_the_same_version_however_it_is_described():
    again = Dataset(name="things", description="other words", row=model(ge=1), key=("key",))
    assert contract_version(BASE) == contract_version(again)


def test_every_change_of_what_is_asked_or_done_changes_the_version():
    changes = [
        replace(BASE, row=model(ge=2)),
        replace(BASE, row=model(gt=1)),
        replace(BASE, row=model(isin=[1, 2])),
        replace(BASE, row=model(isin=[1, 3])),
        replace(BASE, row=model(ge=1, unique=True)),
        replace(BASE, row=model(ge=1, personal=True)),
        replace(BASE, row=model(ge=1, header="Key (no.)")),
        replace(BASE, reads=Csv(null_values=("NA",))),
        replace(BASE, moments=("soon", "late")),
        replace(BASE, transform=step),
        replace(BASE, transform=other_step),
    ]
    versions = [contract_version(dataset) for dataset in [BASE, *changes]]
    assert len(set(versions)) == len(versions)
    assert all(len(version) == 16 for version in versions)
