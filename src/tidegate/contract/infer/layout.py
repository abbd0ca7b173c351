"""How a file is written and what it calls its columns; and a plan that reads them all as they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from tidegate.contract.compiled import Plan
from tidegate.contract.formats import Excel, Parquet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidegate.contract.formats import Format


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a file is written."""

    form: Format
    headers: tuple[str, ...]  # what it calls its columns, in its order; none of them a name for sure
    given: Mapping[str, pl.DataType] = field(default_factory=dict)  # types that the format itself knows
    nested: frozenset[str] = frozenset()  # keys of JSON that hold lists or objects
    guesses: tuple[str, ...] = ()  # what was guessed, for people

    @property
    def names(self) -> tuple[str, ...]:
        """What the columns are called while nobody has named them."""
        return tuple(f"c{at}" for at in range(len(self.headers)))

    @property
    def is_text(self) -> bool:
        """Whether its cells come as they were written, so that their types are to be found out."""
        return not isinstance(self.form, Parquet)

    def plan(self) -> Plan:
        """A plan without a rule, by which every cell is read as it is written."""
        kinds = [self.given.get(header, pl.String()) for header in self.headers]
        return Plan(
            dataset="sample",
            version="",
            formats=(self.form,),
            types=dict(zip(self.names, kinds, strict=True)),
            casts=(),
            rules=(),
            unique=(),
            personal=frozenset(),
            headers=self.headers,
            severities={},
        )


def without_nulls(layout: Layout) -> Layout:
    """The layout with no spelling of nothing, so that each can be counted; empty cells of Excel are none."""
    from dataclasses import replace

    if isinstance(layout.form, Parquet | Excel):
        return layout
    return replace(layout, form=replace(layout.form, null_values=()))
