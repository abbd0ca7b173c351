"""Judge a trained model on the held-out rows: against the model in service and against both baselines."""

from __future__ import annotations

import io
import tarfile
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from tidegate.errors import Refused
from tidegate.models import baselines
from tidegate.models.onnx_model import CARD_FILE, LARGEST_ONNX, ONNX_FILE, OnnxModel, load
from tidegate.models.scores import difference, score
from tidegate.models.train import Material, labelled

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl
    from numpy.typing import NDArray

    from tidegate.models.declare import Model


def unpack(folder: Path, into: Path) -> Path:
    """Unpack the two files of `model.tar.gz` and nothing else; a folder without one is returned as it is.

    Raises:
        Refused: the archive is broken, or a file in it is too large.
    """
    archive = folder / "model.tar.gz"
    if not archive.exists():
        return folder
    into.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                name = member.name.removeprefix("./")
                if name in (ONNX_FILE, CARD_FILE) and member.isfile():
                    if member.size > LARGEST_ONNX:
                        raise Refused(
                            str(archive), f"{name} has {member.size} bytes", "Train a smaller model"
                        )
                    (into / name).write_bytes((tar.extractfile(member) or io.BytesIO()).read())
    except (tarfile.TarError, EOFError, OSError) as error:
        raise Refused(str(archive), f"it cannot be unpacked: {error}", "Train the model again") from error
    return into


def evaluate(
    model: Model, material: Material, challenger: OnnxModel, champion: OnnxModel | None
) -> dict[str, Any]:
    """Everything that the gate decides by, as JSON values.

    Raises:
        Refused: the held-out rows have not both kinds of label.
    """
    features, named = labelled(model, material.rows, material.known, material.lookups)
    if named.n_unique() < 2:
        raise Refused(
            f"the held-out rows of {model.name}", "they have not both kinds of label", "Land more data"
        )
    labels = named.to_numpy().astype(float)
    blocks = _days(model, material.rows)
    learnt = challenger.card["baselines"]
    chances = _chances(challenger, features)
    simple = baselines.one_feature(learnt, features[learnt["feature"]].to_numpy().astype(float))
    seed = int(challenger.card["seed"])
    report = {
        "model": model.name,
        "run": challenger.card["run"],
        "rows": len(labels),
        "from": str(material.rows[model.time_column].min()),
        "to": str(material.rows[model.time_column].max()),
        "rate": float(labels.mean()),
        "challenger": asdict(score(labels, chances)),
        "base_rate": asdict(score(labels, baselines.base_rate(learnt, len(labels)))),
        "one_feature": {"feature": learnt["feature"], **asdict(score(labels, simple))},
        "over_one_feature": asdict(difference(labels, chances, simple, blocks=blocks, seed=seed)),
        "least_auc": model.least_auc,
        **{
            name: challenger.card[name]
            for name in ("sha256", "parity", "tables", "contracts", "code", "sources")
        },
    }
    return report | _against_champion(champion, features, labels, chances, blocks=blocks, seed=seed)


def _against_champion(
    champion: OnnxModel | None,
    features: pl.DataFrame,
    labels: NDArray[np.float64],
    chances: NDArray[np.float64],
    *,
    blocks: NDArray[np.int64],
    seed: int,
) -> dict[str, Any]:
    """The champion's scores on the same rows, or why there are none."""
    if champion is None:
        return {"champion": None, "champion_note": "no model is in service"}
    gone = [name for name in champion.features if name not in features.columns]
    if gone:
        note = f"the model in service takes features that this code no longer makes: {', '.join(gone)}"
        return {"champion": None, "champion_note": note}
    theirs = _chances(champion, features)
    return {
        "champion": {"run": champion.card["run"], **asdict(score(labels, theirs))},
        "champion_note": "",
        "over_champion": asdict(difference(labels, chances, theirs, blocks=blocks, seed=seed)),
    }


def load_champion(folder: Path, into: Path) -> OnnxModel | None:
    """The model in service, when the job was given one."""
    if not folder.exists() or not any(folder.iterdir()):
        return None
    return load(unpack(folder, into))


def _chances(model: OnnxModel, features: pl.DataFrame) -> NDArray[np.float64]:
    return model.scores(features.select(model.features).to_numpy().astype(np.float32))


def _days(model: Model, rows: pl.DataFrame) -> NDArray[np.int64]:
    kept = rows[model.label(rows)["row"]]
    return kept[model.time_column].dt.epoch("d").to_numpy().astype(np.int64)
