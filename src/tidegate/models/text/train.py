"""Train a model of text: texts, fit, the step graph, and a card of all that it is made of."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from tidegate.errors import Refused
from tidegate.models.onnx_model import CARD_FILE, ONNX_FILE
from tidegate.models.provenance import environment
from tidegate.models.text.learning import learn_bigram, texts_of

if TYPE_CHECKING:
    from pathlib import Path

    from tidegate.models.run import Run
    from tidegate.models.text.declare import TextModel
    from tidegate.models.train import Material

FEWEST = 50


def train_text(model: TextModel, run: Run, material: Material, into: Path) -> dict[str, Any]:
    """Fit `model`, write its step graph and its card into the folder, and return the card.

    Raises:
        Refused: there is too little to learn from, or ONNX and the fitted network disagree.
    """
    from tidegate.models.frameworks.steps import step_parity, to_step

    texts = texts_of(model, material.rows)
    if len(texts) < FEWEST:
        raise Refused(
            f"the texts of {model.name}", f"there are {len(texts)} different ones", f"Land at least {FEWEST}"
        )
    fitted = model.fit(texts, int(run.seed))
    content = to_step(fitted)
    card = {
        "kind": "text",
        "model": model.name,
        "run": run.run,
        "tables": dict(run.tables),
        "contracts": dict(run.contracts),
        "code": run.code,
        "seed": run.seed,
        "environment": environment(),
        "sha256": sha256(content).hexdigest(),
        "features": inputs(fitted.state_size),
        "rows": len(texts),
        "bigram": learn_bigram(texts),
        "parity": step_parity(fitted, content, texts),
        "sources": dict(material.sources),
    }
    into.mkdir(parents=True, exist_ok=True)
    (into / ONNX_FILE).write_bytes(content)
    (into / CARD_FILE).write_text(json.dumps(card))
    return card


def inputs(state_size: int) -> list[str]:
    """The columns of the step graph's matrix."""
    return ["byte", *(f"state_{place}" for place in range(state_size))]
