"""One text on its way: what is written of it so far, how likely the model held it, and why it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import nan
from typing import TYPE_CHECKING

from tidegate.models.text.learning import END

if TYPE_CHECKING:
    from tidegate.models.text.answer import Asked

FAILED, CUT_OFF = "failed", "cut off"
UNFINISHED = (FAILED, CUT_OFF)


@dataclass(kw_only=True)
class Writing:
    """What becomes of one request; whoever it was cut off by, or failed in, leaves what there is."""

    asked: Asked
    identity: str
    began: float  # by the answerer's clock
    body: bytearray = field(default_factory=bytearray)
    ended: str = FAILED  # until it is known better
    pieces: int = 0  # that were sent
    first: float | None = None  # when the first of them was, by the same clock
    _logs: float = 0.0
    _choices: int = 0

    def takes(self, one: int, log: float) -> None:
        """One byte more, or the end, and the logarithm of its chance."""
        self._logs += log
        self._choices += 1
        if one != END:
            self.body.append(one)

    def sent(self, now: float) -> None:
        """A piece went to whoever asked."""
        self.pieces += 1
        self.first = now if self.first is None else self.first

    @property
    def score(self) -> float:
        """The mean logarithm of the chance of a byte, the end included: minus that of the perplexity."""
        return round(self._logs / self._choices, 6) if self._choices else nan
