"""What an answer takes: a candidate's processor time as a multiple of the champion's, in one run."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tidegate.models.onnx_model import OnnxModel

ROUNDS = 7
BATCH = 500


@dataclass(frozen=True)
class Effort:
    """Ratios: 1 is as much processor time as the champion takes."""

    one_row: float
    many_rows: float


def effort(
    mine: OnnxModel, theirs: OnnxModel, rows: NDArray[np.float32], other: NDArray[np.float32]
) -> Effort:
    """Both are asked in turns, so that whatever else the machine does disturbs both."""
    return Effort(
        _ratio(mine, theirs, rows[:1], other[:1], times=100),
        _ratio(mine, theirs, rows[:BATCH], other[:BATCH], times=2),
    )


def _ratio(
    mine: OnnxModel, theirs: OnnxModel, rows: NDArray[np.float32], other: NDArray[np.float32], times: int
) -> float:
    seen = [(_took(mine, rows, times), _took(theirs, other, times)) for _ in range(ROUNDS + 1)][1:]
    return median(one for one, _ in seen) / median(one for _, one in seen)


def _took(model: OnnxModel, rows: NDArray[np.float32], times: int) -> int:
    start = time.process_time_ns()
    for _ in range(times):
        model.scores(rows)
    return max(time.process_time_ns() - start, 1)
