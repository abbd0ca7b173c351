"""A user's script for AWS's PyTorch image: one linear unit that learns to double."""

import os
from pathlib import Path

import torch

torch.manual_seed(1)
unit = torch.nn.Linear(1, 1)
optimizer = torch.optim.SGD(unit.parameters(), lr=0.1)
given = torch.tensor([[0.0], [0.5], [1.0]])
for _ in range(400):
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(unit(given), 2 * given)
    loss.backward()
    optimizer.step()
torch.save(unit.state_dict(), Path(os.environ["SM_MODEL_DIR"]) / "unit.pt")
print(f"version={torch.__version__}")
