"""Where the engine's rows go in the lake: the good into objects that wait, the bad into quarantine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from tidegate.contract.batch import Numbers
    from tidegate.lake.evidence import Evidence
    from tidegate.lake.goodrows import GoodRows


@dataclass(frozen=True)
class Keeping:
    """The engine's keeper (`tidegate.contract.keeper`) of one landed file."""

    good: GoodRows
    bad: Evidence

    def keep(self, good: pl.DataFrame, row: Numbers) -> None:
        """Take good rows."""
        self.good.keep(good, row)

    def refuse(self, bad: pl.DataFrame) -> None:
        """Take bad rows."""
        self.bad.refuse(bad)

    def take_back(self, row: Numbers) -> None:
        """Forget rows that were kept."""
        self.good.take_back(row)

    def amend(self, more: pl.DataFrame) -> None:
        """Add reasons to rows that were refused before."""
        self.bad.amend(more)

    def close(self) -> None:
        """Give the scratch space back."""
        self.good.close()
        self.bad.close()
