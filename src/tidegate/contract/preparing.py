"""Make a contract ready for checking from what a file in `schemas/` declares."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tidegate import find
from tidegate.contract.compile import plan_of
from tidegate.contract.prepared import Prepared
from tidegate.contract.referring import referred
from tidegate.planning import table_spec

if TYPE_CHECKING:
    from tidegate.contract.declare import Dataset


@cache
def prepare(dataset: Dataset) -> Prepared:
    """What checking its files needs, once per process.

    Raises:
        ContractMistake: the contract asks for what cannot be run row by row.
    """
    return Prepared(
        name=dataset.name,
        plan=plan_of(dataset),
        table=table_spec(dataset),
        key=tuple(dataset.key),
        overwrite=dataset.overwrite,
        needs_transform=dataset.transform is not None,
        on_arrival=dataset.on_arrival(),
        on_change=dataset.on_change,
        references=dataset.references,
        unique_across_files=dataset.unique_across_files,
        keeps_keys=dataset.unique_across_files or dataset.name in referred(find.datasets()),
    )
