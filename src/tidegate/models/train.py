"""Train a model in SageMaker's container: features, fit, ONNX, and the proof that ONNX says the same."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from tidegate.errors import Refused
from tidegate.models.baselines import learn_baselines
from tidegate.models.columns import name_of
from tidegate.models.onnx_model import CARD_FILE, ONNX_FILE, session_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from tidegate.models.declare import Model
    from tidegate.models.run import Run

PARITY_ROWS = 20_000
GREATEST_DIFFERENCE = (
    1e-4  # 32-bit sums of a hundred trees differ in the seventh digit; more is another model
)


@dataclass(frozen=True, kw_only=True)
class Material:
    """What a training reads, as the snapshot job wrote it."""

    rows: pl.DataFrame  # published rows, all columns
    lookups: Mapping[str, pl.DataFrame]
    known: tuple[str, ...]  # the columns that features may see
    sources: Mapping[str, Any]  # the files that the rows came with


def read_material(train: Path, lookups: Path) -> Material:
    """Read the folders that the snapshot job wrote."""
    told = json.loads((train / "material.json").read_text())
    return Material(
        rows=pl.read_parquet(train / "rows.parquet"),
        lookups={path.stem: pl.read_parquet(path) for path in sorted(lookups.glob("*.parquet"))},
        known=tuple(told["known"]),
        sources=told["sources"],
    )


def train(model: Model, run: Run, material: Material, into: Path) -> dict[str, Any]:
    """Fit `model`, write `model.onnx` and its card into the folder, and return the card.

    Raises:
        Refused: there is nothing to learn from, or ONNX and the fitted estimator disagree.
    """
    features, labels = labelled(model, material.rows, material.known, material.lookups)
    if labels.len() == 0 or labels.n_unique() < 2:
        raise Refused(
            f"the training rows of {model.name}",
            f"{labels.len()} of them have a label, of {labels.n_unique()} kinds",
            "Land more data before training",
        )
    fitted = model.fit(features, labels, int(run.seed))
    content = to_onnx(fitted, features.width)
    card = {
        "model": model.name,
        "run": run.run,
        "tables": dict(run.tables),
        "contracts": dict(run.contracts),
        "code": run.code,
        "seed": run.seed,
        "sha256": sha256(content).hexdigest(),
        "features": features.columns,
        "columns": _types(material.rows.select(material.known)),
        "lookups": {name: _types(frame) for name, frame in material.lookups.items()},
        "rows": labels.len(),
        "baselines": learn_baselines(features[model.baseline_feature], labels),
        "summaries": summaries(features),
        "parity": parity(fitted, content, features),
        "sources": dict(material.sources),
    }
    into.mkdir(parents=True, exist_ok=True)
    (into / ONNX_FILE).write_bytes(content)
    (into / CARD_FILE).write_text(json.dumps(card, indent=1))
    return card


def labelled(
    model: Model, rows: pl.DataFrame, known: tuple[str, ...], lookups: Mapping[str, pl.DataFrame]
) -> tuple[pl.DataFrame, pl.Series]:
    """Features and labels of the rows that have a label; features are made from known columns alone."""
    named = model.label(rows)
    kept = rows.select(known)[named["row"]]
    return model.features(kept, lookups), named["label"].cast(pl.Int8)


def to_onnx(fitted: Any, width: int) -> bytes:
    """The fitted estimator as an ONNX graph that takes one matrix of 32-bit floats."""
    import skl2onnx
    from skl2onnx.common.data_types import FloatTensorType

    with warnings.catch_warnings():
        # The exporter writes tree flags as booleans; protobuf 6 still takes them as integers.
        warnings.filterwarnings("ignore", "Field onnx.*Expected an int, got a boolean", DeprecationWarning)
        graph = skl2onnx.to_onnx(
            fitted, initial_types=[("features", FloatTensorType([None, width]))], options={"zipmap": False}
        )
    # The exporter lists these in the order of a hash that differs from process to process.
    in_order = sorted(graph.opset_import, key=lambda used: used.domain)
    del graph.opset_import[:]
    graph.opset_import.extend(in_order)
    content: bytes = graph.SerializeToString(deterministic=True)
    return content


def parity(fitted: Any, content: bytes, features: pl.DataFrame) -> dict[str, Any]:
    """How far ONNX and the fitted estimator are apart, on real rows and on rows of nothing or the unheard-of.

    Raises:
        Refused: further than rounding explains.
    """
    matrix = _hard_rows(features.to_numpy().astype(np.float32)[-PARITY_ROWS:])
    session = session_of(content)
    chances = session.run([session.get_outputs()[1].name], {"features": matrix})[0][:, 1]
    furthest = float(np.abs(chances - fitted.predict_proba(matrix)[:, 1]).max())
    if not furthest <= GREATEST_DIFFERENCE:
        raise Refused(
            "the ONNX export",
            f"it differs from the fitted estimator by up to {furthest:.3g}",
            "Use estimators and encodings in fit() that ONNX represents exactly",
        )
    return {"rows": len(matrix), "greatest_difference": furthest, "allowed": GREATEST_DIFFERENCE}


def summaries(features: pl.DataFrame) -> dict[str, Any]:
    """The deciles and the missing share of each feature: what later data is compared with."""
    tenths = [step / 10 for step in range(11)]
    found = {}
    for series in features.iter_columns():
        present = series.drop_nans()
        deciles = [present.quantile(tenth) for tenth in tenths] if present.len() else []
        found[series.name] = {"missing": float(series.is_nan().mean()), "deciles": deciles}  # type: ignore[arg-type]
    return found


def _hard_rows(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of the unheard-of, and one of nothing where the features say that values may be missing."""
    unheard_of = np.full((1, matrix.shape[1]), 1e6, dtype=np.float32)
    nothing = np.where(np.isnan(matrix).any(axis=0), np.nan, matrix[:1])
    return np.vstack([matrix, unheard_of, -unheard_of, nothing.astype(np.float32)])


def _types(frame: pl.DataFrame) -> dict[str, str]:
    return {name: name_of(dtype) for name, dtype in frame.schema.items()}
