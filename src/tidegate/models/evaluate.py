"""Judge a candidate on the held-out rows: against the model in service, both baselines, and part by part."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tidegate.errors import Refused
from tidegate.models import baselines
from tidegate.models.approving import NO_CHAMPION
from tidegate.models.archive import Fault, unpack
from tidegate.models.calibration import calibration
from tidegate.models.effort import effort
from tidegate.models.explain import curves, importances
from tidegate.models.onnx_model import OnnxModel, load
from tidegate.models.scores import difference, score
from tidegate.models.slices import Answers, slices
from tidegate.models.train import Material, labelled

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    import polars as pl
    from numpy.typing import NDArray

    from tidegate.models.declare import Model
    from tidegate.models.run import Run

SAID_BY_THE_MODEL = ("description", "intended_use", "not_for", "request", "known_by")
TOLD_OF_THE_TRAINING = ("rows", "from", "to", "seed", "environment", "tuning", "recalibration", "summaries")
TOLD_BY_THE_CARD = ("sha256", "parity", "tables", "contracts", "code", "sources")


@dataclass(frozen=True)
class HeldOut:
    """The rows that a candidate is judged on."""

    rows: pl.DataFrame  # of the published table, those with a label
    features: pl.DataFrame
    labels: NDArray[np.float64]
    days: NDArray[np.int64]

    def matrix(self, model: OnnxModel) -> NDArray[np.float32]:
        """The features that a model takes, in its order."""
        return self.features.select(model.features).to_numpy().astype(np.float32)


def held_out(model: Model, material: Material) -> HeldOut:
    """The features, labels and days of the rows that training never saw.

    Raises:
        Refused: they have not both kinds of label.
    """
    features, named = labelled(model, material.rows, material.known, material.lookups)
    if named.n_unique() < 2:
        raise Refused(
            f"the held-out rows of {model.name}", "they have not both kinds of label", "Land more data"
        )
    rows = material.rows[model.label(material.rows)["row"]]
    days = rows[model.time_column].dt.epoch("d").to_numpy().astype(np.int64)
    return HeldOut(rows, features, named.to_numpy().astype(float), days)


def evaluate(
    model: Model, rows: HeldOut, challenger: OnnxModel, champion: OnnxModel | None, seed: int
) -> dict[str, Any]:
    """Everything that the gate decides by, as JSON values."""
    chances = challenger.scores(rows.matrix(challenger))
    theirs, note = _champions(champion, rows)
    said = Answers(rows.labels, chances, theirs, rows.days)
    report = _scores(model, rows, challenger, chances, seed)
    report |= {
        "champion": None,
        "champion_note": note,
        "slices": [
            asdict(one) for one in slices(model.slices, rows.rows, said, model.limits.slice_rows, seed)
        ],
        "calibration": asdict(calibration(rows.labels, chances, rows.days, seed)),
        "onnx_bytes": challenger.size,
        "limits": asdict(model.limits),
        "explanation": _explanation(challenger, rows, seed),
        "about": {name: getattr(model, name) for name in SAID_BY_THE_MODEL},
        "training": {name: challenger.card[name] for name in TOLD_OF_THE_TRAINING},
        **{name: challenger.card[name] for name in TOLD_BY_THE_CARD},
    }
    if champion is None or theirs is None:
        return report
    return report | {
        "champion": {"run": champion.card["run"], **asdict(score(rows.labels, theirs))},
        "champion_calibration": asdict(calibration(rows.labels, theirs, rows.days, seed)),
        "over_champion": asdict(difference(rows.labels, chances, theirs, blocks=rows.days, seed=seed)),
        "effort": asdict(effort(challenger, champion, rows.matrix(challenger), rows.matrix(champion))),
    }


def impersonal(report: dict[str, Any], personal: Collection[str]) -> dict[str, Any]:
    """The same, of personal columns neither the ranges nor the curves."""
    training, explanation = report["training"], report["explanation"]
    ranges = {name: one for name, one in training["summaries"].items() if name not in personal}
    drawn = [one for one in explanation["curves"] if one["feature"] not in personal]
    return report | {
        "training": {**training, "summaries": ranges},
        "explanation": {**explanation, "curves": drawn},
    }


def unfit(run: Run, model: Model, fault: Fault) -> dict[str, Any]:
    """The report of what is no candidate: nothing was measured."""
    return {"model": model.name, "run": run.run, "rows": 0, "unfit": asdict(fault)}


def load_champion(folder: Path, into: Path) -> OnnxModel | None:
    """The model in service, when the job was given one."""
    if not (folder / "model.tar.gz").exists():
        return None
    return load(unpack(folder, into))


def _scores(
    model: Model, rows: HeldOut, challenger: OnnxModel, chances: NDArray[np.float64], seed: int
) -> dict[str, Any]:
    """The candidate's scores and those of both baselines."""
    learnt, labels = challenger.card["baselines"], rows.labels
    simple = baselines.one_feature(learnt, rows.features[learnt["feature"]].to_numpy().astype(float))
    return {
        "model": model.name,
        "run": challenger.card["run"],
        "rows": len(labels),
        "from": str(rows.rows[model.time_column].min()),
        "to": str(rows.rows[model.time_column].max()),
        "rate": float(labels.mean()),
        "challenger": asdict(score(labels, chances)),
        "base_rate": asdict(score(labels, baselines.base_rate(learnt, len(labels)))),
        "one_feature": {"feature": learnt["feature"], **asdict(score(labels, simple))},
        "over_one_feature": asdict(difference(labels, chances, simple, blocks=rows.days, seed=seed)),
        "least_auc": model.least_auc,
    }


def _champions(champion: OnnxModel | None, rows: HeldOut) -> tuple[NDArray[np.float64] | None, str]:
    """The champion's chances of the same rows, or why there are none."""
    if champion is None:
        return None, NO_CHAMPION
    gone = [name for name in champion.features if name not in rows.features.columns]
    if gone:
        return None, f"the model in service takes features that this code no longer makes: {', '.join(gone)}"
    return champion.scores(rows.matrix(champion)), ""


def _explanation(challenger: OnnxModel, rows: HeldOut, seed: int) -> dict[str, Any]:
    matrix = rows.matrix(challenger)
    found = importances(challenger, matrix, rows.labels, seed)
    return {
        "importances": [asdict(one) for one in found],
        "curves": [asdict(one) for one in curves(challenger, matrix, [one.feature for one in found], seed)],
    }
