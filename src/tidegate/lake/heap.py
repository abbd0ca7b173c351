"""Good rows that wait to be written, by what the rows of one object must have in common.

Each stretch of a file is ordered by that value as it comes, while it is small; the rows of one value are then
slices of the stretches, which are written without being copied together.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from tidegate.contract.verdict import ROW

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tidegate.contract.batch import Numbers

Values = npt.NDArray[np.int32]


@dataclass(frozen=True)
class _Stretch:
    """Rows ordered by value, then by number; `starts` says where each value's rows begin, and the end."""

    rows: pl.DataFrame
    values: Values
    starts: Numbers

    def of(self, value: int) -> pl.DataFrame | None:
        at = int(np.searchsorted(self.values, value))
        if at == len(self.values) or self.values[at] != value:
            return None
        start, end = int(self.starts[at]), int(self.starts[at + 1])
        return self.rows.slice(start, end - start)


class Heap:
    """Rows in memory, with the numbers that they have in their file as the column ROW."""

    def __init__(self, value: pl.Expr | None) -> None:
        self._value = value
        self._stretches: list[_Stretch] = []
        self.sizes: Counter[int] = Counter()  # bytes of each value's rows

    @property
    def bytes(self) -> int:
        """How much waits."""
        return self.sizes.total()

    def add(self, rows: pl.DataFrame, row: Numbers) -> None:
        """Add rows by their ascending numbers."""
        if not rows.height:
            return
        rows = rows.with_columns(pl.Series(ROW, row))
        if self._value is None:
            self._add(rows, np.zeros(rows.height, dtype=np.int32))
            return
        values = rows.select(self._value.alias("value"))["value"].to_numpy()
        if (values[1:] < values[:-1]).any():
            rows, values = rows.sort(pl.Series(values), maintain_order=True), np.sort(values)
        self._add(rows, values)

    def of(self, value: int) -> pl.DataFrame:
        """The rows of one value, in the file's order."""
        found = [part for stretch in self._stretches if (part := stretch.of(value)) is not None]
        return _together(found, rechunk=False)

    def drop(self, values: Iterable[int]) -> None:
        """Forget the rows of these values, and draw the others together."""
        for value in values:
            del self.sizes[value]
        left = sorted(self.sizes)
        kept = [self.of(value) for value in left]
        self._stretches, self.sizes = [], Counter()
        if kept:
            heights = [rows.height for rows in kept]
            self._add(_together(kept, rechunk=True), np.repeat(np.array(left, dtype=np.int32), heights))

    def _add(self, rows: pl.DataFrame, values: Values) -> None:
        edges = np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1], [True])))
        stretch = _Stretch(rows, values[edges[:-1]], edges)
        self._stretches.append(stretch)
        each = rows.estimated_size() / rows.height
        for value, count in zip(stretch.values.tolist(), np.diff(edges).tolist(), strict=True):
            self.sizes[value] += int(each * count) + 1


def _together(parts: list[pl.DataFrame], *, rechunk: bool) -> pl.DataFrame:
    """One below the other; a column that only some parts have is null in the others."""
    alike = all(part.columns == parts[0].columns for part in parts)
    return pl.concat(parts, how="vertical" if alike else "diagonal", rechunk=rechunk)
