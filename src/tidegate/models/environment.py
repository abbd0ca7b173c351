"""The environment of a model's training, where `fit` needs a framework that the models' image does not hold.

A folder in `pipelines/` with a `requirements.lock` has an environment of its own, of these packages alone.
Only its training step runs there: what it leaves is ONNX, which the models' image evaluates and serves.
"""

from __future__ import annotations

import importlib
from hashlib import sha256
from pathlib import Path

LOCK = "requirements.lock"


def models_with_their_own() -> dict[str, Path]:
    """The lock of each model that has one: its packages, with their hashes."""
    rooms = (Path(path) for path in importlib.import_module("pipelines").__path__)
    return {lock.parent.name: lock for room in rooms for lock in sorted(room.glob(f"*/{LOCK}"))}


def lock_of(model: str) -> Path | None:
    """The lock of one model; nothing where it trains in the image of all models."""
    return models_with_their_own().get(model)


def environment_version(model: str) -> str:
    """12 hex digits over the lock, or nothing where there is none."""
    lock = lock_of(model)
    return sha256(lock.read_bytes()).hexdigest()[:12] if lock else ""
