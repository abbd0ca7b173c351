"""Every dataset's contract, ready for checking: from files beside the deployed code; in a checkout, made.

`infra` lays `contracts/<dataset>.json` beside the code when it synthesises, so that a function which reads
them starts without pandera. A contract with a slow check has no such file, and is made from `schemas/` when
the first file of its dataset comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tidegate import find
from tidegate.contract.prepared import Prepared
from tidegate.contract.written import from_text, to_text
from tidegate.plan import plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

BESIDE_THE_CODE = Path(__file__).resolve().parents[2] / "contracts"


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


def contracts(folder: Path = BESIDE_THE_CODE) -> Contracts:
    """The contracts that lie in `folder`; those of `schemas/` where there is no such folder."""
    if folder.is_dir():
        return Contracts(tuple(plan().datasets), lambda name: _from_file(folder / f"{name}.json"))
    return Contracts(tuple(find.datasets()), _from_schemas)


def write_contracts(names: Iterable[str], folder: Path) -> None:
    """Write the contracts that can be read without running anything: those without slow checks."""
    folder.mkdir(parents=True)
    for name in names:
        prepared = _from_schemas(name)
        if not prepared.plan.slow_checks:
            (folder / f"{name}.json").write_text(to_text(prepared), "utf-8")


@cache
def _from_file(file: Path) -> Prepared:
    if not file.exists():
        return _from_schemas(file.stem)
    return from_text(file.read_text("utf-8"), file.name)


def _from_schemas(name: str) -> Prepared:
    from tidegate.contract.preparing import prepare

    return prepare(find.dataset(name))
