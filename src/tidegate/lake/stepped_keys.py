"""Rows that a dataset's own step made, and whose key another file brought: at hand until all are known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tidegate.contract.severity import ACROSS_FILES, Severity, joined, rule_name
from tidegate.contract.source import FaultFound
from tidegate.contract.typed import refused
from tidegate.contract.verdict import ROW, FileFault, Tally
from tidegate.lake.after_step import published_plan

if TYPE_CHECKING:
    from tidegate.contract.batch import Numbers
    from tidegate.contract.declare import Dataset
    from tidegate.contract.keeper import Keeper
    from tidegate.lake.beyond import Beyond


@dataclass
class SteppedKeys:
    """The keys of the rows that one file's step made."""

    dataset: Dataset
    beyond: Beyond
    fault: FileFault | None = None
    warnings: Tally = field(default_factory=Tally)
    _candidates: list[pl.DataFrame] = field(default_factory=list)

    def see(self, good: pl.DataFrame, row: Numbers) -> None:
        """Look at some rows, unless the file is given up."""
        if self.fault is None and good.height:
            try:
                fresh = self.beyond.met(good, row)
            except FaultFound as found:
                self.fault = found.fault
            else:
                at = np.flatnonzero(np.isin(row, fresh))
                self._candidates.append(good[at].with_columns(pl.Series(ROW, row[at])))

    def settle(self, keeping: Keeper, tally: Tally) -> int:
        """Take back what another file brought; how many rows."""
        if self.fault is not None:
            return 0
        rows, reason = self.beyond.settle(np.zeros(0, dtype=np.int64))
        if not len(rows):
            return 0
        every = pl.concat(self._candidates)
        chosen = every.filter(pl.Series(np.isin(every[ROW].to_numpy(), rows))).sort(ROW)
        bad = refused(published_plan(self.dataset), chosen.drop(ROW), chosen[ROW].to_numpy(), reason)
        severity = self.dataset.severities.get(rule_name(joined(tuple(self.dataset.key)), ACROSS_FILES))
        if severity is Severity.WARN:
            self.warnings.add(bad)
            return 0
        if severity is Severity.REFUSE_FILE:
            what = f"{len(rows):,} rows: {reason['said']}"
            self.fault = FileFault(code="rule_refuses_file", what=what, next_step="Send each row once")
        tally.add(bad)
        keeping.take_back(rows)
        keeping.refuse(bad)
        return len(rows)
