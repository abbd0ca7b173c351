"""Train a model in SageMaker's container: features, fit, ONNX, and a card of all that it is made of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import polars as pl

from tidegate.models.baselines import learn_baselines
from tidegate.models.columns import name_of
from tidegate.models.export import parity, to_onnx
from tidegate.models.lesson import Lesson
from tidegate.models.onnx_model import CARD_FILE, ONNX_FILE
from tidegate.models.provenance import environment
from tidegate.models.recalibration import append, recalibrate
from tidegate.models.tuning import tune

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tidegate.models.declare import Model
    from tidegate.models.run import Run


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
    lesson = learned_from(model, material)
    content, told = learn(model, lesson, int(run.seed))
    card = {
        "model": model.name,
        "run": run.run,
        "tables": dict(run.tables),
        "contracts": dict(run.contracts),
        "code": run.code,
        "seed": run.seed,
        "environment": environment(),
        "sha256": sha256(content).hexdigest(),
        "features": lesson.features.columns,
        "columns": _types(material.rows.select(material.known)),
        "lookups": {name: _types(frame) for name, frame in material.lookups.items()},
        "rows": len(lesson),
        "from": str(lesson.times.min()),
        "to": str(lesson.times.max()),
        "baselines": learn_baselines(lesson.features[model.baseline_feature], lesson.labels),
        "summaries": summaries(lesson.features),
        **told,
        "sources": dict(material.sources),
    }
    into.mkdir(parents=True, exist_ok=True)
    (into / ONNX_FILE).write_bytes(content)
    (into / CARD_FILE).write_text(json.dumps(card, indent=1))
    return card


def learned_from(model: Model, material: Material) -> Lesson:
    """The labelled rows in the order of time.

    Raises:
        Refused: they have not both kinds of label, or a feature is the label in disguise.
    """
    rows = material.rows.sort(model.time_column, maintain_order=True)
    features, labels = labelled(model, rows, material.known, material.lookups)
    lesson = Lesson(features, labels, rows[model.time_column][model.label(rows)["row"]])
    lesson.refuse_one_sided(f"the training rows of {model.name}")
    lesson.refuse_leaks(model.limits.leak_auc)
    return lesson


def learn(model: Model, lesson: Lesson, seed: int) -> tuple[bytes, dict[str, Any]]:
    """The model as ONNX, proved to say what was fitted; and how it came about.

    Raises:
        Refused: ONNX and the fitted estimator disagree, or rows are too few for what is declared.
    """
    parameters, tuning = tune(model, lesson, seed)
    correction, calibrated = recalibrate(model, lesson, parameters, seed)
    fitted = model.fit(lesson.features, lesson.labels, seed, **parameters)
    content = to_onnx(fitted, lesson.features.width)
    if correction is not None:
        content = append(content, correction)
    told = {"parity": parity(fitted, content, lesson.features, correction)}
    return content, told | {"tuning": tuning, "recalibration": calibrated}


def labelled(
    model: Model, rows: pl.DataFrame, known: tuple[str, ...], lookups: Mapping[str, pl.DataFrame]
) -> tuple[pl.DataFrame, pl.Series]:
    """Features and labels of the rows that have a label; features are made from known columns alone."""
    named = model.label(rows)
    kept = rows.select(known)[named["row"]]
    return model.features(kept, lookups), named["label"].cast(pl.Int8)


def summaries(features: pl.DataFrame) -> dict[str, Any]:
    """The deciles and the missing share of each feature: what later data is compared with."""
    tenths = [step / 10 for step in range(11)]
    found = {}
    for series in features.iter_columns():
        present = series.drop_nans()
        deciles = [present.quantile(tenth) for tenth in tenths] if present.len() else []
        found[series.name] = {"missing": float(series.is_nan().mean()), "deciles": deciles}  # type: ignore[arg-type]
    return found


def _types(frame: pl.DataFrame) -> dict[str, str]:
    return {name: name_of(dtype) for name, dtype in frame.schema.items()}
