"""Put together what answers: the model, its contract and its lookup table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate import aws, find
from tidegate.contract.requests import check_rows
from tidegate.models.answer import Answerer
from tidegate.models.lookups import LookupTable
from tidegate.models.onnx_model import load
from tidegate.settings import Setting

if TYPE_CHECKING:
    from pathlib import Path

    from tidegate.settings import Settings


def answerer(folder: Path, known: Settings) -> Answerer:
    """What answers for the model in `folder`.

    Raises:
        Refused: the folder holds no model that may be served.
    """
    onnx = load(folder)
    model = find.model(onnx.card["model"])
    dataset = find.dataset(model.request)
    columns = dataset.known_by(model.known_by)
    table = LookupTable(aws.client("dynamodb"), known[Setting.LOOKUP_TABLE])
    return Answerer(
        model=model,
        version=int(known[Setting.MODEL_VERSION]),
        onnx=onnx,
        check=lambda rows: check_rows(rows, dataset, columns),
        fetch=lambda keys: table.fetch(model.lookups, keys, onnx.card["lookups"]),
    )
