"""What the model learns: the truth that came later, and how the network learns it."""

from __future__ import annotations

from typing import Any

import polars as pl

TARGET = "dep_delay"
ROUNDS, BATCH = 5, 256


def label(rows: pl.DataFrame) -> pl.DataFrame:
    """Whether the target came out above its average: put your own question here."""
    known = rows.with_row_index("row").filter(pl.col(TARGET).is_not_null())
    return known.select("row", label=pl.col(TARGET) > pl.col(TARGET).mean())


def fit(features: pl.DataFrame, labels: pl.Series, seed: int) -> Any:
    """A small network. One thread, and the same rows in the same order give the same weights."""
    import torch

    from .net import Net  # it imports PyTorch, which only the training's own environment has

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    rows, truth = torch.from_numpy(features.to_numpy()), torch.from_numpy(labels.to_numpy()).float()
    net = Net(features.to_numpy())
    steps = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-2)
    for _ in range(ROUNDS):
        for chosen in torch.randperm(len(rows)).split(BATCH):
            steps.zero_grad()
            loss = torch.nn.functional.binary_cross_entropy(net(rows[chosen])[:, 0], truth[chosen])
            loss.backward()
            steps.step()
    return net
