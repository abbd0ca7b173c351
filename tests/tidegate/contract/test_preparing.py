"""What a schema file can say reaches whoever must know of it: validation, and the contract's version."""

import datetime as dt
from dataclasses import fields, replace
from typing import Any

import pandera.polars as pa
import polars as pl
import pytest

from tidegate.contract.declare import (
    Dataset,
    Grain,
    JsonLines,
    OnChange,
    Overwrite,
    Partition,
    Reference,
    RowCount,
    Sees,
    Severity,
    column,
)
from tidegate.contract.prepared import Prepared
from tidegate.contract.preparing import prepare
from tidegate.contract.version import contract_version
from tidegate.contract.written import to_text


class Row(pa.DataFrameModel):
    id: int = column()
    day: dt.date = column()


class Wider(Row):
    note: str = column(nullable=True)


def stepped(rows: pl.DataFrame) -> pl.DataFrame:
    return rows


def stepped_otherwise(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.reverse()


SAID = Dataset(name="said", description="Said.", row=Row, key=("id",), transform=stepped, published=Row)
OTHERWISE: dict[str, Any] = {
    "name": "other",
    "description": "Something else.",
    "row": Wider,
    "key": ("id", "day"),
    "moments": ("arrival of the file", "later"),
    "reads": JsonLines(),
    "partition": Partition(column="day", grain=Grain.MONTH),
    "transform": stepped_otherwise,
    "transform_sees": Sees.ROWS,
    "published": Wider,
    "overwrite": Overwrite.REPLACE,
    "on_change": OnChange.REORDER,
    "own_queue": True,
    "severities": {"day:not_null": Severity.REFUSE_FILE},
    "file_rules": (RowCount(least=2),),
    "unique_across_files": True,
    "references": (Reference(columns=("id",), to="airlines"),),
}
NOT_OF_VALIDATION = {
    "moments",
    "transform",
    "transform_sees",
    "own_queue",
}  # of models, of the step, of the stacks
NOT_OF_THE_VERSION = {"name", "description", "own_queue"}  # nothing is asked of rows by these


def asked(prepared: Prepared) -> str:
    """What validation reads, but for the version, which would differ in any case."""
    return to_text(replace(prepared, plan=replace(prepared.plan, version="")))


@pytest.mark.parametrize("name", [field.name for field in fields(Dataset)])
def test_whatever_a_schema_file_says_changes_what_is_compiled_of_it_and_its_version(name: str) -> None:
    other = replace(SAID, **{name: OTHERWISE[name]})

    assert (asked(prepare(other)) == asked(prepare(SAID))) == (name in NOT_OF_VALIDATION)
    assert (contract_version(other) == contract_version(SAID)) == (name in NOT_OF_THE_VERSION)
