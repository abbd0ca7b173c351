"""The network: one byte and what was read before it, in a state, give the chances of the next byte."""

from __future__ import annotations

import torch
from torch import nn

BYTES = 256


class Net(nn.Module):  # type: ignore[misc]
    """A gated recurrent unit between an embedding of the bytes and the log-odds of the next one."""

    def __init__(self, state_size: int) -> None:
        super().__init__()
        self.state_size = state_size
        self.embedding = nn.Embedding(BYTES, 32)
        self.cell = nn.GRUCell(32, state_size)
        self.scores = nn.Linear(state_size, BYTES)

    def forward(self, last: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """One step, for each row: whole numbers and states in, log-odds and the next states out."""
        after = self.cell(self.embedding(last), state)
        return self.scores(after), after
