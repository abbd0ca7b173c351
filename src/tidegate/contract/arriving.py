"""What is found of a file's columns while it is read, and where those go that its contract does not know.

A column's name is hostile text. Only what could also stand in a contract becomes the name of a column of the
table, in small letters, since Athena does not tell `Gust` from `gust`; and only as many as are admitted. All
else is kept under its own name in the column `_rescued`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from tidegate.contract.cells import MORE
from tidegate.contract.changes import MOST_ADDED, RESCUED, Difference, OnChange, policy_in, renamed
from tidegate.contract.severity import NOT_NULL, TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tidegate.contract.compiled import Plan
    from tidegate.contract.prepared import Prepared
    from tidegate.contract.verdict import FileFault, Tally

_MOST_TOLD = 1000  # names that are remembered of one file
_COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,126}")
_MOST = 0.5  # of the rows: from here on a column is another, and not its values wrong
_SOME = 0.01  # of the rows: below, a text is damaged, and not written in another encoding


def first_come(most: int = MOST_ADDED) -> Callable[[str], bool]:
    """Admits so many names, those that come first."""
    admitted: set[str] = set()

    def admits(name: str) -> bool:
        if len(admitted) < most:
            admitted.add(name)
        return name in admitted

    return admits


@dataclass
class Arriving:
    """The columns of one file."""

    policy: OnChange = OnChange.STRICT
    taken: frozenset[str] = frozenset()  # names of the table's columns, in small letters
    admits: Callable[[str], bool] = field(default_factory=first_come)
    header: tuple[str, ...] = ()  # the names in a text file's header, in its order
    present: set[str] = field(default_factory=set)  # the contract's columns that came, by their own names
    unknown: dict[str, str] = field(default_factory=dict)  # the others, and where each goes
    reordered: bool = False
    retyped: set[str] = field(default_factory=set)
    looked: bool = False  # whether a record, or a header, was read
    places: list[tuple[str, str]] = field(default_factory=list)

    def sees(self, columns: Iterable[str], header: Sequence[str] = ()) -> None:
        """Note columns of the contract, and the header of a text file that they stand in."""
        self.looked = True
        self.header = tuple(header)
        self.present.update(columns)

    def place(self, header: str) -> str:
        """Where a column goes that the contract does not know: a column of the table, or nowhere at all."""
        if header not in self.unknown:
            if len(self.unknown) >= _MOST_TOLD:
                return RESCUED if self.policy.takes_more else ""
            self.unknown[header] = self._place(header)
        return self.unknown[header]

    def _place(self, header: str) -> str:
        if not self.policy.takes_more:
            return ""
        name = header.lower()
        fits = self.policy is OnChange.EVOLVE and _COLUMN.fullmatch(header) is not None
        free = fits and name not in self.taken and name not in self.unknown.values()
        return name if free and self.admits(name) else RESCUED

    def places_side_by_side(self, wanted: Sequence[str], found: Sequence[str]) -> None:
        """Note what stood where, in a file of as many columns as the contract has."""
        if len(wanted) == len(found):
            self.places = list(zip(wanted, found, strict=True))

    def difference(self, plan: Plan, tally: Tally, total: int, fault: FileFault | None) -> Difference:
        """How the file differs from its contract, once it was read."""
        called = dict(zip(plan.columns, plan.headers, strict=True))
        gone = [header for name, header in called.items() if self.looked and name not in self.present]
        came = list(self.unknown)
        broken = tally.counts()
        wrong = {name for name in called if broken.get((name, TYPE), 0) > _MOST * total}
        undecoded = sum(rows for (_, check), rows in broken.items() if check == "encoding")
        bad = max(sum(tally.rows.values()), 1)
        garbled = undecoded > _MOST * bad and undecoded > _SOME * total
        return Difference(
            added=tuple(came),
            missing=tuple(gone),
            renamed=tuple(renamed(gone, came, self.places)),
            reordered=self.reordered,
            retyped=tuple(called[name] for name in called if name in wrong | self.retyped),
            reencoded=garbled or (fault is not None and fault.code == "not_text"),
        )


def arriving_in(environment: str, dataset: Prepared, admits: Callable[[str], bool] | None = None) -> Arriving:
    """How a dataset's files are taken in an environment; by default each by itself gains the most columns."""
    table = (*dataset.plan.columns, *(column.name for column in dataset.table.fields))
    return Arriving(
        policy_in(environment, dataset.on_change),
        frozenset(name.lower() for name in table),
        admits or first_come(),
    )


def required(plan: Plan) -> frozenset[str]:
    """The contract's columns that may not be null, nor missing."""
    return frozenset(rule.column for rule in plan.rules if rule.of_kit and rule.check == NOT_NULL)


def with_more_columns(plan: Plan, judged: pl.DataFrame) -> pl.DataFrame:
    """Rows with the contract's columns, and what came beside, each under its name in the table."""
    more = [name for name in judged.columns if name.startswith(MORE)]
    return judged.select(*plan.columns, *(pl.col(name).alias(name.removeprefix(MORE)) for name in more))
