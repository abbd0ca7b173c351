"""Load a model as data: an ONNX file whose hash is known, run on one thread; nothing in it can execute."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from tidegate.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

ONNX_FILE = "model.onnx"
CARD_FILE = "model.json"
LARGEST_ONNX = 200_000_000
LARGEST_CARD = 5_000_000


@dataclass(frozen=True)
class OnnxModel:
    """A loaded model: its card (`model.json`) and the session that scores."""

    card: dict[str, Any]
    session: Any
    size: int = 0  # bytes of the ONNX file

    @property
    def features(self) -> list[str]:
        """The features that it takes, in order."""
        return list(self.card["features"])

    def scores(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """The chance of the label for each row of features."""
        given, asked = self._ends
        chances: NDArray[np.float32] = self.session.run([asked], {given: matrix})[0]
        return chances[:, 1].astype("float64")

    @cached_property
    def _ends(self) -> tuple[str, str]:
        """What the graph calls its features and its chances; to ask costs as much as to score."""
        return self.session.get_inputs()[0].name, self.session.get_outputs()[1].name


def load(folder: Path, registered: str = "") -> OnnxModel:
    """The model in `folder`.

    Args:
        folder: holds the model and its card, which came in one archive.
        registered: the SHA-256 that the registry has, where one is in service: an archive vouches for itself.

    Raises:
        Refused: a file is missing, too large, or not the one that its card and the registry name.
    """
    card = _read_card(folder)
    content = _read(folder / ONNX_FILE, LARGEST_ONNX)
    found = sha256(content).hexdigest()
    for who, named in ((CARD_FILE, card["sha256"]), ("the registry", registered or found)):
        if found != named:
            raise Refused(
                str(folder / ONNX_FILE),
                f"its SHA-256 is {found}, while {who} names {named}",
                "Deploy the package that the registry holds",
            )
    session = session_of(content)
    width = session.get_inputs()[0].shape[1]
    if width != len(card["features"]):
        raise Refused(
            str(folder / ONNX_FILE),
            f"it takes {width} features, while {CARD_FILE} names {len(card['features'])}",
            "Train the model again",
        )
    return OnnxModel(card, session, len(content))


def session_of(content: bytes) -> Any:
    """An ONNX Runtime session on one thread: one endpoint worker is one core."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _read_card(folder: Path) -> dict[str, Any]:
    try:
        card = json.loads(_read(folder / CARD_FILE, LARGEST_CARD))
        names: Sequence[str] = card["features"]
        well_formed = isinstance(card["sha256"], str) and bool(names) and isinstance(card["model"], str)
    except (ValueError, KeyError, TypeError) as error:
        raise _no_card(folder) from error
    if not well_formed:
        raise _no_card(folder)
    return dict(card)


def _no_card(folder: Path) -> Refused:
    return Refused(str(folder / CARD_FILE), "it is no model card", "Train the model again")


def _read(path: Path, largest: int) -> bytes:
    try:
        size = path.stat().st_size
        if size > largest:
            raise Refused(str(path), f"it has {size} bytes; {largest} are allowed", "Train a smaller model")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise Refused(str(path), "there is no such file", "Deploy a package that a training made") from error
