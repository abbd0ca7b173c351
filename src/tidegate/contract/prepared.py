"""What checking a dataset's files needs of its contract, made ready: no schema file is read for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidegate.contract.changes import OnChange
    from tidegate.contract.compiled import Plan
    from tidegate.contract.overwrite import Overwrite
    from tidegate.contract.personal import OnArrival
    from tidegate.contract.referring import Reference
    from tidegate.plan import TableSpec


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """One dataset, as far as a file of it that landed asks; its own step is not among it."""

    name: str
    plan: Plan
    table: TableSpec
    key: tuple[str, ...]
    overwrite: Overwrite
    needs_transform: bool
    on_arrival: Mapping[str, OnArrival]
    on_change: OnChange | Mapping[str, OnChange]
    references: tuple[Reference, ...]
    unique_across_files: bool
    keeps_keys: bool  # an index of its keys stands beside its table: for that rule, or for who refers to it
