"""A network that reads byte after byte, as an ONNX graph of one step; the sampling stays outside of it.

What `fit` returns is a PyTorch module with `state_size`, whose `forward(bytes, states)` takes a whole number
from 0 to 255 and a state for each row, and gives 256 log-odds of the next byte and the next state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tidegate.errors import Refused
from tidegate.models.export import GREATEST_DIFFERENCE
from tidegate.models.frameworks.torch import exported
from tidegate.models.onnx_model import session_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

PARITY_TEXTS = 64
LONG = 400  # bytes, of a made-up text that never ends: differences add up in the state


def to_step(fitted: Any) -> bytes:
    """The graph: rows of a byte and a state, as 32-bit floats, to log-odds and the next states."""
    import torch

    class Step(torch.nn.Module):  # type: ignore[misc]
        """The module with byte and state in one matrix."""

        def __init__(self) -> None:
            super().__init__()
            self.fitted = fitted

        def forward(self, steps: Any) -> Any:
            return self.fitted(steps[:, 0].long(), steps[:, 1:])

    rows = {0: torch.export.Dim("rows")}
    example = torch.zeros(2, 1 + fitted.state_size)
    return exported(Step(), (example,), ["steps"], ["scores", "states"], dynamic_shapes=(rows,))


def step_parity(fitted: Any, content: bytes, texts: Sequence[str]) -> dict[str, Any]:
    """How far the graph and the module are apart, read along whole texts, and along one of every byte.

    Raises:
        Refused: further than rounding explains.
    """
    read = [text.encode() for text in texts[:PARITY_TEXTS]]
    read.append((bytes(range(256)) * LONG)[:LONG])
    longest = max(map(len, read))
    matrix = np.array([list(text.ljust(longest, b"\0")) for text in read])
    furthest = _furthest(fitted, session_of(content), matrix)
    if not furthest <= GREATEST_DIFFERENCE:
        raise Refused(
            "the ONNX export",
            f"it differs from the fitted network by up to {furthest:.3g}",
            "Use operators in forward() that ONNX represents exactly",
        )
    return {"rows": matrix.size, "greatest_difference": furthest, "allowed": GREATEST_DIFFERENCE}


def _furthest(fitted: Any, session: Any, matrix: NDArray[np.int64]) -> float:
    import torch

    ours = np.zeros((len(matrix), fitted.state_size), dtype=np.float32)
    theirs, furthest = torch.zeros(len(matrix), fitted.state_size), 0.0
    with torch.inference_mode():
        for column in matrix.T:
            rows = np.column_stack([column.astype(np.float32), ours])
            scores, ours = session.run(None, {"steps": rows})
            wanted, theirs = fitted(torch.from_numpy(column), theirs)
            furthest = max(furthest, float(np.abs(scores - wanted.numpy()).max()))
    return furthest
