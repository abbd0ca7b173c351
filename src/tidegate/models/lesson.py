"""What is learned from: labelled rows with their times, cut by time, and never from what came later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tidegate.errors import Refused
from tidegate.models.scores import Ranked

if TYPE_CHECKING:
    from datetime import timedelta

    import polars as pl


@dataclass(frozen=True)
class Lesson:
    """The rows that have a label, in the order of time."""

    features: pl.DataFrame
    labels: pl.Series
    times: pl.Series

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.labels)

    def cut(self, share: float, until: float, embargo: timedelta) -> tuple[Lesson, Lesson]:
        """The rows up to a share of all, less the embargo, and those from there on until another share."""
        starts, ends = int(len(self) * share), int(len(self) * until)
        begins = self.times[starts]
        learned = int((self.times < begins - embargo).sum())
        starts = int((self.times < begins).sum())  # rows of one moment are not torn apart
        return self._rows(0, learned), self._rows(starts, ends)

    def refuse_one_sided(self, what: str) -> None:
        """Whether there is something to tell apart.

        Raises:
            Refused: the rows have not both kinds of label.
        """
        if self.labels.n_unique() < 2:
            raise Refused(
                what,
                f"{len(self):,} of them have a label, and not both kinds of it",
                "Let `label` in its fit.py tell them apart, or land more data",
            )

    def refuse_leaks(self, most: float) -> None:
        """Whether any feature is the label in disguise.

        Raises:
            Refused: one feature alone ranks the rows better than anything honest would.
        """
        labels = self.labels.to_numpy().astype(float)
        for name in self.features.columns:
            values = self.features[name].to_numpy().astype(float)
            # what is missing may tell as well: once below all others, once above
            ranks = [Ranked(labels, np.nan_to_num(values, nan=end)).auc() for end in (-np.inf, np.inf)]
            best = max(max(auc, 1 - auc) for auc in ranks)
            if best > most:
                raise Refused(
                    f"feature {name}",
                    f"alone it tells the label with AUC {best:.4f}, more than the {most} that are believed: "
                    "it is made of the label, or of what comes after it",
                    "Leave it out, or say in the contract when its columns are known (known_after); "
                    "if it is honest, raise limits.leak_auc",
                )

    def _rows(self, start: int, end: int) -> Lesson:
        length = max(end - start, 0)
        return Lesson(
            self.features.slice(start, length),
            self.labels.slice(start, length),
            self.times.slice(start, length),
        )
