"""Check a small file and keep all its rows in memory: for tests, and for the command."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tidegate.contract.compile import plan_of
from tidegate.contract.compiled import Plan
from tidegate.contract.engine import check
from tidegate.contract.source import BytesSource
from tidegate.contract.verdict import BAD_SCHEMA, REASONS, ROW

if TYPE_CHECKING:
    from datetime import datetime

    from tidegate.contract.arriving import Arriving
    from tidegate.contract.batch import Numbers
    from tidegate.contract.declare import Dataset
    from tidegate.contract.outside import Outside
    from tidegate.contract.source import Limits, Source
    from tidegate.contract.verdict import FileFault, Verdict


@dataclass(frozen=True)
class Checked:
    """A verdict, and the rows that it is about."""

    verdict: Verdict
    good: (
        pl.DataFrame
    )  # typed, in the contract's order, what came beside it last; none where the file as a whole is refused
    bad: pl.DataFrame  # BAD_SCHEMA, in the file's order

    @property
    def fault(self) -> FileFault | None:
        """Why the file as a whole is refused."""
        return self.verdict.fault

    @property
    def total_rows(self) -> int:
        """The rows that were read."""
        return self.verdict.total_rows


@dataclass
class InMemory:
    """Keeps every row."""

    good: list[pl.DataFrame] = field(default_factory=list)
    bad: list[pl.DataFrame] = field(default_factory=list)

    def keep(self, good: pl.DataFrame, row: Numbers) -> None:
        """Keep good rows."""
        self.good.append(good.with_columns(pl.Series(ROW, row)))

    def refuse(self, bad: pl.DataFrame) -> None:
        """Keep bad rows."""
        self.bad.append(bad)

    def take_back(self, row: Numbers) -> None:
        """Forget good rows."""
        self.good = [frame.filter(pl.Series(~np.isin(frame[ROW].to_numpy(), row))) for frame in self.good]

    def amend(self, more: pl.DataFrame) -> None:
        """Add reasons to bad rows."""
        self.bad.append(more)

    def rows(self) -> pl.DataFrame:
        """Every bad row once, with all its reasons, in the file's order."""
        every = pl.concat([pl.DataFrame(schema=BAD_SCHEMA), *self.bad])
        facts = [name for name in BAD_SCHEMA if name not in (ROW, REASONS)]
        return (
            every.group_by(ROW)
            .agg(pl.col(facts).first(), pl.col(REASONS).list.explode())
            .select(BAD_SCHEMA.names())
            .sort(ROW)
        )


def check_in_memory(
    source: Source | bytes,
    contract: Dataset | Plan,
    *,
    name: str = "",
    limits: Limits | None = None,
    outside: Outside | None = None,
    landed_at: datetime | None = None,
    arriving: Arriving | None = None,
) -> Checked:
    """Check a file, or its bytes under a name, by a dataset's contract or its plan.

    Raises:
        ContractMistake: the contract cannot be run.
    """
    plan = contract if isinstance(contract, Plan) else plan_of(contract)
    file = BytesSource(source, name or f"{plan.dataset}/file.csv") if isinstance(source, bytes) else source
    kept = InMemory()
    verdict = check(file, plan, kept, limits=limits, outside=outside, landed_at=landed_at, arriving=arriving)
    nothing = pl.DataFrame(schema=plan.types)
    good = [] if verdict.fault else [frame.drop(ROW) for frame in kept.good]
    return Checked(verdict=verdict, good=pl.concat([nothing, *good], how="diagonal"), bad=kept.rows())
