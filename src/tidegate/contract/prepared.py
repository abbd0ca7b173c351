"""What checking a dataset's files needs of its contract, made ready: no schema file is read for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
    references: tuple[Reference, ...]
    unique_across_files: bool


@dataclass(frozen=True)
class Contracts(Mapping[str, Prepared]):
    """The datasets by name, each made ready when it is asked for."""

    names: tuple[str, ...]
    ready: Callable[[str], Prepared]

    def __getitem__(self, name: str) -> Prepared:
        if name not in self.names:
            raise KeyError(name)
        return self.ready(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def contracts() -> Contracts:
    """The datasets of `schemas/`."""
    from tidegate import find
    from tidegate.contract.preparing import prepare

    return Contracts(tuple(find.datasets()), lambda name: prepare(find.dataset(name)))
