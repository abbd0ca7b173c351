"""The environments in which our own models train, where `fit` needs a framework that no other model needs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.local.images import KEPT, Environment
from tidegate.models.environment import LOCK, lock_of, models_with_their_own

if TYPE_CHECKING:
    from pathlib import Path

TAG = re.compile(r"(?P<model>\w+)-[0-9a-f]{16}")  # of the image, as infra/parts/model_image.py names it


@dataclass(frozen=True)
class OwnEnvironment(Environment):
    """Where one model trains."""

    name: str  # the model's
    folder: Path
    kept: Path = KEPT

    @property
    def lock(self) -> Path:
        """In the model's folder."""
        return self.folder / LOCK

    @property
    def repositories(self) -> tuple[str, ...]:
        """The image in the repository of all models that has this model's name before its tag."""
        return (f"tidegate-models:{self.name}",)

    @property
    def command(self) -> tuple[str, ...]:
        """The container's program, in these packages."""
        return str(self.python), "-m", "tidegate.models.container"


def own_environments() -> list[OwnEnvironment]:
    """That of each model that has one."""
    return [OwnEnvironment(name, lock.parent) for name, lock in models_with_their_own().items()]


def own_environment(uri: str) -> OwnEnvironment | None:
    """The one that an image of our repository stands for; nothing where it is the image of all models."""
    found = TAG.fullmatch(uri.partition("@")[0].rpartition(":")[2])
    lock = lock_of(found["model"]) if found else None
    return OwnEnvironment(found["model"], lock.parent) if found and lock else None
