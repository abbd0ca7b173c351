"""Judge a model of text on texts that it never read: against pairs of bytes, and the model in service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tidegate.models.approving import NO_CHAMPION
from tidegate.models.text.learning import bigram_losses, texts_of, told
from tidegate.models.text.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tidegate.models.onnx_model import OnnxModel
    from tidegate.models.text.declare import TextModel
    from tidegate.models.train import Material

DRAWS = 300
SHOWN = 5  # texts that it writes, for who approves it; none where it learned from a personal column
TOLD_BY_THE_CARD = ("sha256", "parity", "tables", "contracts", "code", "sources")


def evaluate_text(
    model: TextModel,
    material: Material,
    challenger: OnnxModel,
    champion: OnnxModel | None,
    shown: int = SHOWN,
) -> dict[str, Any]:
    """Everything that the gate decides by, as JSON values, and so many texts that it writes."""
    texts = texts_of(model, material.rows)
    writer, seed = Writer(challenger), int(challenger.card["seed"])
    losses = writer.losses(texts)
    report = {
        "kind": "text",
        "model": model.name,
        "run": challenger.card["run"],
        "rows": len(texts),
        "about": {"description": model.description, "request": model.request, "column": model.column},
        "training": {"rows": challenger.card["rows"], "environment": challenger.card["environment"]},
        "challenger": told(losses, texts),
        "bigram": told(bigram_losses(challenger.card["bigram"], texts), texts),
        "bigram_share": model.bigram_share,
        "onnx_bytes": challenger.size,
        "most_onnx_bytes": model.limits.onnx_bytes,
        "written": [
            bytes(writer.write(b"", temperature=0.7, seed=seed + number, longest=100)).decode(
                errors="replace"
            )
            for number in range(shown)
        ],
        **{name: challenger.card[name] for name in TOLD_BY_THE_CARD},
    }
    if champion is None:
        return report | {"champion": None, "champion_note": NO_CHAMPION}
    theirs = Writer(champion).losses(texts)
    return report | {
        "champion": {"run": champion.card["run"], **told(theirs, texts)},
        "champion_note": "",
        "over_champion": _saved(losses, theirs, texts, seed),
    }


def _saved(
    losses: NDArray[np.float64], theirs: NDArray[np.float64], texts: Sequence[str], seed: int
) -> dict[str, float]:
    """How many bits a byte the challenger saves, and the interval of 95 in 100 resampled sets of texts."""
    sizes = np.array([len(text.encode()) + 1 for text in texts])
    saved = (theirs - losses) / np.log(2)
    generator = np.random.default_rng(seed)
    drawn = generator.integers(0, len(texts), (DRAWS, len(texts)))
    low, high = np.percentile(saved[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), [2.5, 97.5])
    return {"bits_per_byte": float(saved.sum() / sizes.sum()), "low": float(low), "high": float(high)}
