"""From rows to texts, and what pairs of bytes say of them: the least that a model of text must beat."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from tidegate.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tidegate.models.text.declare import TextModel

END = 0  # begins and ends each text; no text holds it
BYTES = 256
ADDED = 0.1  # to each count of a pair, so that none is impossible


def split_texts(model: TextModel, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows to learn from and those to be judged on, by the hash of their text: copies stay together.

    Raises:
        Refused: one of the two would be empty.
    """
    held_out = pl.Series(
        [_place(text) < model.test_share for text in rows[model.column].fill_null("")], dtype=pl.Boolean
    )
    before, after = rows.filter(~held_out), rows.filter(held_out)
    if before.is_empty() or after.is_empty():
        raise Refused(
            f"the split of {model.request} by {model.column}",
            f"it leaves {before.height} rows to learn from and {after.height} to be judged on",
            "Land more rows",
        )
    return before, after


def texts_of(model: TextModel, rows: pl.DataFrame) -> list[str]:
    """The different texts, in the order of their letters: the order in which files came does not matter."""
    return sorted({text.replace("\0", "") for text in rows[model.column].drop_nulls() if text.strip("\0")})


def learn_bigram(texts: Sequence[str]) -> list[list[int]]:
    """How often each byte follows each: first, second, count."""
    counts = np.zeros((BYTES, BYTES), dtype=int)
    for text in texts:
        whole = [END, *text.encode(), END]
        np.add.at(counts, (whole[:-1], whole[1:]), 1)
    return [[int(one), int(two), int(counts[one, two])] for one, two in np.argwhere(counts)]


def bigram_losses(learnt: list[list[int]], texts: Sequence[str]) -> NDArray[np.float64]:
    """What each text costs under the pairs alone, in nats."""
    counts = np.full((BYTES, BYTES), ADDED)
    for one, two, count in learnt:
        counts[one, two] += count
    logs = np.log(counts / counts.sum(axis=1, keepdims=True))
    wholes = ([END, *text.encode(), END] for text in texts)
    return np.array([-logs[whole[:-1], whole[1:]].sum() for whole in wholes])


def perplexity(losses: NDArray[np.float64], texts: Sequence[str]) -> float:
    """Among how many bytes, as it were, the next one is guessed; the end of a text counts as one."""
    return float(np.exp(losses.sum() / sum(len(text.encode()) + 1 for text in texts)))


def _place(text: str) -> float:
    return int(sha256(text.encode()).hexdigest()[:8], 16) / 16**8


def told(losses: NDArray[np.float64], texts: Sequence[str]) -> dict[str, Any]:
    """The scores of one model on these texts."""
    return {
        "perplexity": perplexity(losses, texts),
        "bits_per_byte": float(np.log2(perplexity(losses, texts))),
    }
