"""A model of text at work: what texts cost under it, and what it writes, sampled by seed and temperature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tidegate.models.text.learning import BYTES, END

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tidegate.models.onnx_model import OnnxModel

    Floats = NDArray[np.float32]

AT_ONCE = 256  # texts


@dataclass(frozen=True)
class Writer:
    """The step graph: a byte and a state in each row, the next byte's log-odds and the next state out."""

    onnx: OnnxModel

    def step(self, bytes_: NDArray[np.int64], state: Floats) -> tuple[Floats, Floats]:
        """One byte further, for each row."""
        rows = np.column_stack([bytes_.astype(np.float32), state])
        given = self.onnx.session.get_inputs()[0].name
        scores, after = self.onnx.session.run(None, {given: rows})
        return scores, after

    def beginning(self, rows: int = 1) -> Floats:
        """The state before anything was read."""
        return np.zeros((rows, len(self.onnx.features) - 1), dtype=np.float32)

    def losses(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """What each text costs, its end included, in nats."""
        parts = [texts[start : start + AT_ONCE] for start in range(0, len(texts), AT_ONCE)]
        return np.concatenate([self._losses([text.encode() for text in part]) for part in parts])

    def _losses(self, texts: Sequence[bytes]) -> NDArray[np.float64]:
        longest = max(map(len, texts)) + 1
        wanted = np.full((len(texts), longest), END)
        for row, text in enumerate(texts):
            wanted[row, : len(text)] = list(text)
        counted = np.arange(longest) <= np.array([[len(text)] for text in texts])
        now, state, total = np.full(len(texts), END), self.beginning(len(texts)), np.zeros(len(texts))
        for place in range(longest):
            scores, state = self.step(now, state)
            now = wanted[:, place]
            total -= _logs(scores)[np.arange(len(texts)), now] * counted[:, place]
        return total

    def write(self, prompt: bytes, *, temperature: float, seed: int, longest: int) -> Iterator[int]:
        """The bytes that follow the prompt, until the text ends; at temperature 0 the likeliest ones."""
        chosen = self.choices(prompt, temperature=temperature, seed=seed, longest=longest)
        return (one for one, _log in chosen if one != END)

    def choices(
        self, prompt: bytes, *, temperature: float, seed: int, longest: int
    ) -> Iterator[tuple[int, float]]:
        """The same bytes, and the end where the text ends, each with the logarithm of the chance that the
        model itself gave it, whatever the temperature.
        """
        generator = np.random.default_rng(seed)
        state, scores = self.beginning(), np.zeros((1, BYTES), dtype=np.float32)
        for one in (END, *prompt):
            scores, state = self.step(np.array([one]), state)
        for _ in range(longest):
            chosen = _choose(scores[0], temperature, generator)
            yield chosen, float(_logs(scores)[0, chosen])
            if chosen == END:
                return
            scores, state = self.step(np.array([chosen]), state)


def _choose(scores: Floats, temperature: float, generator: np.random.Generator) -> int:
    if temperature == 0:
        return int(scores.argmax())
    chances = np.exp(_logs(scores[np.newaxis] / temperature)[0])
    return int(np.searchsorted(np.cumsum(chances), generator.random() * chances.sum()))


def _logs(scores: Floats) -> NDArray[np.float64]:
    """The logarithms of the chances of each row of log-odds."""
    wide = scores.astype(np.float64)
    wide -= wide.max(axis=1, keepdims=True)
    logs: NDArray[np.float64] = wide - np.log(np.exp(wide).sum(axis=1, keepdims=True))
    return logs
