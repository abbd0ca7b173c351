"""Where SageMaker puts things in a container, and where it fetches them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Places:
    """The folders below `/opt/ml` (SageMaker's container contract), or below another base."""

    base: Path

    @property
    def model(self) -> Path:
        """Where a training job leaves its model, and where an endpoint finds it unpacked."""
        return self.base / "model"

    @property
    def failure(self) -> Path:
        """The file whose text becomes the job's failure reason."""
        return self.base / "output" / "failure"

    def channel(self, name: str) -> Path:
        """The folder of a training job's input channel."""
        return self.base / "input" / "data" / name

    def processing(self, name: str) -> Path:
        """The folder of a processing job's input or output."""
        return self.base / "processing" / name
