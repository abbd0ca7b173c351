"""What may be tried: a hyperparameter's range as an axis from 0 to 1.

https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-define-ranges.html
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.local.sagemaker.faults import invalid, not_implemented

if TYPE_CHECKING:
    from infra.local.sagemaker.store import Record

WIDE = 1000  # a positive range that spans more is searched on a logarithmic scale, where the scale is Auto


class Axis(ABC):
    """One hyperparameter."""

    name: str

    @abstractmethod
    def at(self, place: float) -> str:
        """The value at a place between 0 and 1, as a container gets it."""


@dataclass(frozen=True)
class Category(Axis):
    """One of several words; the axis falls into equal parts."""

    name: str
    values: tuple[str, ...]

    def at(self, place: float) -> str:
        """The word of that part."""
        return self.values[min(int(place * len(self.values)), len(self.values) - 1)]


@dataclass(frozen=True)
class Number(Axis):
    """A number between two others, on a scale."""

    name: str
    low: float
    high: float
    scale: str
    whole: bool

    def at(self, place: float) -> str:
        """The number there: whole ones have equal parts of the scale."""
        if not self.whole:
            value = self._unscaled(self._between(place, self._scaled(self.low), self._scaled(self.high)))
            return repr(min(max(value, self.low), self.high))
        low, high = self._scaled(self.low - 0.5), self._scaled(self.high + 0.5)
        value = self._unscaled(self._between(place, low, high))
        return str(int(min(max(math.floor(value + 0.5), self.low), self.high)))

    @staticmethod
    def _between(place: float, low: float, high: float) -> float:
        return low + place * (high - low)

    def _scaled(self, value: float) -> float:
        if self.scale == "Logarithmic":
            return math.log(value)
        return -math.log1p(-value) if self.scale == "ReverseLogarithmic" else value

    def _unscaled(self, value: float) -> float:
        if self.scale == "Logarithmic":
            return math.exp(value)
        return -math.expm1(-value) if self.scale == "ReverseLogarithmic" else value


def axes(ranges: Record) -> list[Axis]:
    """The axes of ParameterRanges.

    Raises:
        ApiError: a range is none, or a name stands twice.
    """
    if ranges.get("AutoParameters"):
        raise not_implemented("ParameterRanges.AutoParameters")
    found: list[Axis] = [
        Category(one["Name"], tuple(one["Values"])) for one in ranges.get("CategoricalParameterRanges", [])
    ]
    found += [_number(one, whole=True) for one in ranges.get("IntegerParameterRanges", [])]
    found += [_number(one, whole=False) for one in ranges.get("ContinuousParameterRanges", [])]
    names = [axis.name for axis in found]
    if not names:
        raise invalid("ParameterRanges: there is no hyperparameter to tune")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise invalid(f"ParameterRanges: {twice[0]} has more than one range")
    return found


def _number(given: Record, *, whole: bool) -> Number:
    name, scale = given["Name"], given.get("ScalingType", "Auto")
    try:
        low, high = (int if whole else float)(given["MinValue"]), (int if whole else float)(given["MaxValue"])
    except ValueError as error:
        raise invalid(f"The range of {name} is none: {error}") from None
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise invalid(f"The range of {name} is none: {low} to {high}")
    if scale == "Auto":
        scale = "Logarithmic" if low > 0 and high / low > WIDE else "Linear"
    if scale == "Logarithmic" and low <= 0:
        raise invalid(f"The range of {name} has values of 0 or less, which have no logarithm")
    if scale == "ReverseLogarithmic" and (whole or not 0 <= low <= high < 1):
        raise invalid(f"The range of {name}: ReverseLogarithmic is for numbers from 0 to less than 1")
    return Number(name, low, high, scale, whole)
