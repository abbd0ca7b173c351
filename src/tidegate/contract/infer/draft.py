"""A contract on its way to be written: its columns, their rules, and what a person should know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tidegate.contract.formats import Format


@dataclass
class DraftColumn:
    """One column."""

    name: str
    header: str
    type: str  # as a schema file writes it
    kind: str
    nullable: bool = False
    personal: bool = False
    rules: dict[str, str] = field(
        default_factory=dict
    )  # pandera's name of a check, and its argument as Python
    comments: list[str] = field(default_factory=list)

    def become_text(self, why: str) -> None:
        """Take every cell as it is."""
        self.type, self.kind, self.rules = "str", "text", {}
        self.comments.append(why)


@dataclass
class Draft:
    """A whole contract."""

    name: str
    title: str
    form: Format
    columns: list[DraftColumn]
    keys: list[tuple[str, ...]]  # what may name a row, the best first; () if nothing does
    partition: tuple[str, str] | None = None  # a column, and its grain
    comments: list[str] = field(default_factory=list)
    evolves: bool = False  # records lack keys, or hold lists and objects: the table takes what comes
    totals: int = 0  # rows of the sample that sum up others: they may be bad

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that name a row."""
        return self.keys[0]

    def column(self, name: str) -> DraftColumn:
        """One of its columns."""
        return next(one for one in self.columns if one.name == name)
