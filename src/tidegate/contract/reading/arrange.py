"""A file's columns, told by their names, against the contract's, and what their dataset wants of a change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from tidegate.contract.arriving import required
from tidegate.contract.cells import MORE, TEXT, UNKNOWN
from tidegate.contract.changes import RESCUED, OnChange
from tidegate.contract.formats import Csv, Header
from tidegate.contract.reading.header import listed, refuse
from tidegate.contract.source import FaultFound

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tidegate.contract.arriving import Arriving
    from tidegate.contract.compiled import Plan


@dataclass(frozen=True)
class Arrangement:
    """Where each field of a file goes."""

    columns: tuple[
        str, ...
    ]  # of each field in the file's order: the contract's column, or UNKNOWN + its header
    missing: tuple[str, ...] = ()  # the contract's columns that the file does not have
    more: tuple[tuple[str, str], ...] = ()  # headers that the contract does not know, and where they go
    rescues: bool = False  # whether the table has the column for what has none of its own

    @property
    def width(self) -> int:
        """How many fields a record has."""
        return len(self.columns)

    def fields(self, prefix: str = TEXT) -> list[str]:
        """What each field is called while it is read."""
        return [name if name.startswith(UNKNOWN) else prefix + name for name in self.columns]

    def settled(self, cells: pl.DataFrame, plan: Plan, prefix: str = TEXT) -> pl.DataFrame:
        """Cells called as `fields` has them: missing columns empty, unknown ones at their place."""
        if not (self.missing or self.more or self.rescues):
            return cells
        absent = [
            pl.lit(None, pl.String if prefix else plan.types[name]).alias(prefix + name)
            for name in self.missing
        ]
        own = [
            pl.col(UNKNOWN + header).alias(MORE + name)
            for header, name in self.more
            if name and name != RESCUED
        ]
        kept = [pl.col(UNKNOWN + header).alias(header) for header, name in self.more if name == RESCUED]
        if kept:
            own.append(pl.struct(kept).struct.json_encode().alias(MORE + RESCUED))
        elif self.rescues:
            own.append(pl.lit(None, pl.String).alias(MORE + RESCUED))
        return cells.with_columns(*absent, *own).drop([UNKNOWN + header for header, _ in self.more])


def arrange(
    found: Sequence[str], plan: Plan, arriving: Arriving, *, form: Csv | None = None, text: str = ""
) -> Arrangement:
    """Say where each column goes.

    Args:
        found: the names of the file's columns.
        plan: the contract.
        arriving: takes note of them.
        form: how the names are written, where they stand in an order; none: they have no order.
        text: the line that they stand in.

    Raises:
        FaultFound: `header_mismatch`, where the dataset wants no such change.
    """
    same: Callable[[str], str] = str.casefold if form and form.header is Header.ANY_CASE else str
    called, wanted = [same(name) for name in found], [same(name) for name in plan.headers]
    rescues = arriving.policy is OnChange.PERMISSIVE
    if called == wanted:
        arriving.sees(plan.columns, found)
        return Arrangement(plan.columns, rescues=rescues)
    columns = dict(zip(wanted, plan.columns, strict=True))
    known = [columns[name] for name in called if name in columns]
    if not known or "\r" in text:  # very likely a row, or with one in it, whose values no word may quote
        arriving.looked = "\r" not in text
        refuse(list(found), plan.headers, text, form or Csv())
    strange = [name for name, bare in zip(found, called, strict=True) if bare not in columns]
    arriving.sees(known, found)
    arriving.reordered = form is not None and known != [name for name in plan.columns if name in known]
    arriving.places_side_by_side(plan.headers, found)
    more = tuple((name, arriving.place(name)) for name in strange)
    missing = tuple(name for name in plan.columns if name not in known)
    if len(set(called)) < len(called) or not _allowed(arriving, missing, more):
        spelt = dict(zip(wanted, plan.headers, strict=True))
        shown = [spelt.get(bare, name) for name, bare in zip(found, called, strict=True)]
        refuse(shown, plan.headers, text, form or Csv())
    _refuse_missing(missing, plan)
    _refuse_perhaps_personal(missing, more, plan)
    named = tuple(columns.get(bare, UNKNOWN + name) for name, bare in zip(found, called, strict=True))
    return Arrangement(named, missing, more, rescues)


def _allowed(arriving: Arriving, missing: Sequence[str], more: Sequence[object]) -> bool:
    """Whether the dataset wants such a file; what may not be missing is looked at apart."""
    if arriving.policy.takes_more:
        return True
    return not missing and not more and (arriving.policy is OnChange.REORDER or not arriving.reordered)


def _refuse_missing(missing: Sequence[str], plan: Plan) -> None:
    called = dict(zip(plan.columns, plan.headers, strict=True))
    wanting = [called[name] for name in missing if name in required(plan)]
    if wanting:
        step = "Send these columns, or let them be null in the contract in schemas/"
        raise FaultFound("header_mismatch", f"missing, and never null: {listed(wanting)}", step)


def _refuse_perhaps_personal(missing: Sequence[str], more: Sequence[object], plan: Plan) -> None:
    hidden = [name for name in missing if name in plan.personal]
    if hidden and more:
        what = f"the personal column {hidden[0]!r} is missing, and may stand here under another name"
        raise FaultFound(
            "header_mismatch", what, "Send it under its name, or change the contract in schemas/"
        )
