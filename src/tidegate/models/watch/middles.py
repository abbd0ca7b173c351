"""The middle of a feature in its own unit, for shapes cannot be further apart than wholly.

Ordinary weeks of weather come near that already, and so a Kolmogorov distance has nothing more to say of a
week that lies far beyond them. How far its middle moved has, held against how far practice windows' did.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tidegate.models.watch.shapes import Numbers


@dataclass(frozen=True)
class Middles:
    """The values of one feature in order, for the middles of many windows of them."""

    order: NDArray[np.int64]  # of the values that are there
    values: Numbers

    @classmethod
    def of(cls, values: Numbers) -> Middles:
        """The values that are not missing, the least first."""
        there = np.isfinite(values)
        order = np.argsort(np.where(there, values, np.nan))[: int(there.sum())]
        return cls(order, values[order])

    def at(self, weight: Numbers) -> float:
        """The mean of the middle half by weight; nothing (NaN) where all the weight is on missing values.

        The mean of all follows a storm's rain, the median stands still where half of the values are one.
        """
        reached = np.cumsum(weight[self.order])
        if not len(reached) or reached[-1] <= 0:
            return float("nan")
        inside = np.diff(np.clip(reached / reached[-1], 0.25, 0.75), prepend=0.25)
        return float(self.values @ inside / 0.5)

    def deviation(self, weight: Numbers) -> float:
        """The standard deviation by weight."""
        there = weight[self.order] / max(weight[self.order].sum(), 1e-12)
        return float(np.sqrt(there @ (self.values - there @ self.values) ** 2))
