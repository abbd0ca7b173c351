"""The network: what is missing becomes the average, and a flag that says so."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn


class Net(nn.Module):  # type: ignore[misc]
    """One hidden layer on features brought to the same size; it gives the chance of the label."""

    def __init__(self, matrix: np.ndarray) -> None:
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(np.nan_to_num(np.nanmean(matrix, axis=0))))
        self.register_buffer("spread", torch.from_numpy(np.nan_to_num(np.nanstd(matrix, axis=0)) + 1e-3))
        self.layers = nn.Sequential(nn.Linear(2 * matrix.shape[1], 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """The chances, one a row. All of it is in the ONNX graph, so that serving cannot differ."""
        missing = torch.isnan(features)
        sized = (torch.where(missing, self.mean, features) - self.mean) / self.spread
        return torch.sigmoid(self.layers(torch.cat([sized.clamp(-5, 5), missing.float()], dim=1)))
