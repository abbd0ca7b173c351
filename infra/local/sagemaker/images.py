"""Which local program stands for a container image."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra.local.sagemaker.faults import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

OUR_NAME = re.compile(r"tidegate-([a-z0-9]+-)?models")  # of any environment
OURS = (sys.executable, "-m", "tidegate.models.container")


def repository(uri: str) -> str:
    """The repository of an image URI, without registry, tag and digest."""
    return uri.partition("@")[0].rpartition("/")[2].partition(":")[0]


@dataclass(frozen=True)
class Images:
    """Repositories and the programs that run in their place."""

    programs: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {"tidegate-models": OURS})

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Images:
        """Ours, and those of `TIDEGATE_LOCAL_IMAGES`: a JSON object of repository to command."""
        more = json.loads(environ.get("TIDEGATE_LOCAL_IMAGES") or "{}")
        return cls({"tidegate-models": OURS, **{name: tuple(command) for name, command in more.items()}})

    def program(self, uri: str) -> tuple[str, ...]:
        """The command that stands for the image's entry point.

        Raises:
            ApiError: nothing here can run that image.
        """
        name = repository(uri)
        if OUR_NAME.fullmatch(name):
            return OURS
        try:
            return self.programs[name]
        except KeyError:
            known = ", ".join(self.programs)
            raise invalid(
                f"Image {uri} cannot run on the local SageMaker, which pulls no images. Use one of the "
                f"repositories {known}, or name a program for it in TIDEGATE_LOCAL_IMAGES"
            ) from None
