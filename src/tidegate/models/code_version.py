"""The hash of the code that a training depends on, so that new code is a new training and old code is not."""

from __future__ import annotations

import importlib
from hashlib import sha256
from pathlib import Path

from tidegate.models.environment import LOCK

LEARNING = (  # of the kit: what shapes a trained model; serving and bookkeeping do not
    "archive.py",
    "baselines.py",
    "calibration.py",
    "columns.py",
    "declare.py",
    "effort.py",
    "evaluate.py",
    "explain.py",
    "export.py",
    "frameworks/keras.py",
    "frameworks/lightgbm.py",
    "frameworks/steps.py",
    "frameworks/torch.py",
    "lesson.py",
    "recalibration.py",
    "scores.py",
    "slices.py",
    "snapshot.py",
    "text/declare.py",
    "text/evaluate.py",
    "text/learning.py",
    "text/train.py",
    "text/writer.py",
    "train.py",
    "tuning.py",
)


def code_version(model: str) -> str:
    """12 hex digits over the model's folder and the kit's learning code."""
    rooms = [Path(path) for path in importlib.import_module("pipelines").__path__]
    own = [
        (f"pipelines/{path.relative_to(room).as_posix()}", path)
        for room in rooms
        for path in _sources(room, model)
    ]
    kit = [(f"models/{name}", Path(__file__).parent / name) for name in LEARNING]
    digest = sha256()
    for name, path in sorted([*own, *kit]):
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _sources(room: Path, model: str) -> list[Path]:
    """The model's own files with its packages, and the `_` files that models of the room share."""
    return sorted([*(room / model).rglob("*.py"), *(room / model).glob(LOCK), *room.glob("_*.py")])
