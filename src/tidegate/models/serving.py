"""Put together what answers: the model, its contract, its lookup table, its captures and metrics."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tidegate import aws, find
from tidegate.contract.compile import plan_of
from tidegate.contract.requests import check_rows
from tidegate.contract.straight.cannot import CannotBeStraight
from tidegate.contract.straight.rows import straight
from tidegate.models.answer import Answerer
from tidegate.models.capturing import Capturing, to_bucket
from tidegate.models.lookups import LookupTable
from tidegate.models.measuring import Measuring
from tidegate.models.onnx_model import load
from tidegate.models.plain_features import Columns
from tidegate.models.recording import Recording
from tidegate.models.serve import Application, Endpoint
from tidegate.models.soundness import (
    refuse_other_features,
    refuse_other_files,
    refuse_other_model,
)
from tidegate.settings import Setting

if TYPE_CHECKING:
    from pathlib import Path

    from tidegate.contract.declare import Dataset
    from tidegate.models.answer import Straight
    from tidegate.models.declare import Model
    from tidegate.models.onnx_model import OnnxModel
    from tidegate.settings import Settings

log = logging.getLogger(__name__)


def endpoint(folder: Path, known: Settings) -> Application:
    """What answers for the model in `folder`, and remembers what it answered.

    Raises:
        Refused: the folder holds no model that may be served, or another one than the registry names.
    """
    refuse_other_files(folder)
    onnx = load(folder, known[Setting.MODEL_SHA256])
    refuse_other_model(onnx, known[Setting.MODEL_NAME])
    if onnx.card.get("kind") == "text":
        from tidegate.models.text.serve import text_endpoint

        model = find.model(onnx.card["model"])
        return text_endpoint(model, onnx, int(known[Setting.MODEL_VERSION]), *_keepers(model, known))
    made = parts(onnx, known)
    return Endpoint(made.answerer, made.recording)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What an endpoint that answers rows is made of."""

    answerer: Answerer
    capturing: Capturing
    measuring: Measuring
    recording: Recording


def parts(onnx: OnnxModel, known: Settings) -> Parts:
    """What the endpoint of a model is made of.

    Raises:
        Refused: the model is not the one that its folder declares.
    """
    model = find.model(onnx.card["model"])
    refuse_other_features(model, onnx)
    dataset = find.dataset(model.request)
    columns = dataset.known_by(model.known_by)
    table = LookupTable(aws.client("dynamodb"), known[Setting.LOOKUP_TABLE])
    version = int(known[Setting.MODEL_VERSION])
    capturing, measuring = _keepers(model, known)
    recording = Recording(
        capturing,
        measuring,
        version=version,
        features=onnx.features,
        personal=dataset.personal(),
        sampled=model.sampled,
    )
    answerer = Answerer(
        model=model,
        version=version,
        onnx=onnx,
        **_straight(model, dataset, columns, onnx),
        check=lambda rows: check_rows(rows, dataset, columns),
        fetch=lambda keys: table.fetch(model.lookups, keys, onnx.card["lookups"]),
    )
    return Parts(answerer=answerer, capturing=capturing, measuring=measuring, recording=recording)


def _keepers(model: Model, known: Settings) -> tuple[Capturing, Measuring]:
    """What writes the captures of an endpoint, and what its metrics."""
    version = known[Setting.MODEL_VERSION]
    put = to_bucket(aws.client("s3"), known[Setting.ARTEFACT_BUCKET])
    capturing = Capturing(put, model.name, int(version))
    named = {"environment": known[Setting.ENVIRONMENT], "model": model.name, "version": version}
    return capturing, Measuring(named, capturing.tallied)


def _straight(
    model: Model, dataset: Dataset, columns: tuple[str, ...], onnx: OnnxModel
) -> dict[str, Straight]:
    """How a row is checked without a data frame; the log says what stands against it.

    It becomes features, or where these are made by a function, the values that they are made of.
    """
    features = model.features
    plain = isinstance(features, Columns)
    wanted = features.wanted if isinstance(features, Columns) else dict.fromkeys(onnx.card["columns"])
    try:
        made = straight(plan_of(dataset).only(columns), wanted)
    except CannotBeStraight as why:
        log.warning("%s is answered several times slower than it could be: %s", model.name, why)
        return {}
    if not plain:
        log.info("%s makes its features in a function: each request builds data frames", model.name)
    return {"straight" if plain else "typed": made}
