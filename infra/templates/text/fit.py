"""What the model learns: to guess each byte of a text from those before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

ROUNDS, BATCH, STATE, LONGEST = 12, 32, 96, 80  # of a longer text, so many bytes are learned from
END, NOTHING = 0, -100  # a text begins and ends with 0; what is behind its end does not count


def fit(texts: Sequence[str], seed: int) -> Any:
    """A small network. One thread, and the same texts in the same order give the same weights."""
    import torch

    from .net import Net  # it imports PyTorch, which only the training's own environment has

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    wanted = torch.full((len(texts), LONGEST + 1), NOTHING)
    for row, text in enumerate(texts):
        known = [*text.encode()[:LONGEST], END]
        wanted[row, : len(known)] = torch.tensor(known)
    net = Net(STATE)
    steps = torch.optim.Adam(net.parameters(), lr=4e-3)
    for _ in range(ROUNDS):
        for chosen in torch.randperm(len(texts)).split(BATCH):
            steps.zero_grad()
            _loss(net, wanted[chosen]).backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            steps.step()
    return net


def _loss(net: Any, wanted: Any) -> Any:
    """What the texts cost, byte by byte."""
    import torch

    state, now, scores = torch.zeros(len(wanted), net.state_size), torch.full((len(wanted),), END), []
    longest = int((wanted != NOTHING).sum(dim=1).max())
    for place in range(longest):
        said, state = net(now, state)
        scores.append(said)
        now = wanted[:, place].clamp(min=END)
    return torch.nn.functional.cross_entropy(
        torch.stack(scores, dim=1).flatten(0, 1), wanted[:, :longest].flatten(), ignore_index=NOTHING
    )
