"""What a model must be before it answers anybody: two files of data, for features that this code makes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import polars as pl

from tidegate.errors import Refused
from tidegate.models.columns import from_rows
from tidegate.models.onnx_model import CARD_FILE, ONNX_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from tidegate.models.declare import Model
    from tidegate.models.onnx_model import OnnxModel

log = logging.getLogger(__name__)


def refuse_other_files(folder: Path) -> None:
    """Refuse an archive that brought more than a graph and its card.

    Raises:
        Refused: it did; a pickle would run what it likes, were it ever loaded.
    """
    others = sorted(path.name for path in folder.iterdir() if path.name not in (ONNX_FILE, CARD_FILE))
    if others:
        what = f"it holds {', '.join(others)[:200]} beside {ONNX_FILE} and {CARD_FILE}"
        raise Refused(str(folder), what, "Register what a training made")


def refuse_other_model(onnx: OnnxModel, wanted: str) -> None:
    """Refuse a model under another one's name: whoever asks would get answers to another question.

    Raises:
        Refused: its card names another model than `wanted`.
    """
    if onnx.card["model"] != wanted:
        what = f"its archive holds {str(onnx.card['model'])[:100]}"
        raise Refused(f"model {wanted}", what, "Register a version that its own training made")


def refuse_other_features(model: Model, onnx: OnnxModel) -> None:
    """Refuse a model of features that this code does not make, before a request finds out.

    Raises:
        Refused: there are such.
    """
    rows = from_rows([], onnx.card["columns"])
    lookups = {name: from_rows([], types) for name, types in onnx.card["lookups"].items()}
    try:
        made = model.features(rows, lookups).columns
    except (pl.exceptions.PolarsError, ValueError, IndexError) as error:
        log.warning("features of no rows cannot be made, so their names were not compared: %s", error)
        return
    gone = [name for name in onnx.features if name not in made]
    if gone:
        what = f"it takes {', '.join(gone)[:200]}, which this model's code does not make"
        raise Refused(f"model {model.name}", what, "Train the model again")
