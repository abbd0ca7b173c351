"""Which local program stands for a container image."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra.local.images import BY_REPOSITORY, REFUSED
from infra.local.images.own import own_environment
from infra.local.sagemaker.faults import invalid, not_implemented

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from infra.local.images import Environment, Image

OUR_NAME = re.compile(r"tidegate-([a-z0-9]+-)?models")  # of any environment
OURS = (sys.executable, "-m", "tidegate.models.container")


def repository(uri: str) -> str:
    """The repository of an image URI, without registry, tag and digest."""
    return uri.partition("@")[0].rpartition("/")[2].partition(":")[0]


@dataclass(frozen=True)
class Images:
    """Repositories and the programs that run in their place."""

    programs: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {"tidegate-models": OURS})
    aws: Mapping[str, Image] = field(default_factory=lambda: BY_REPOSITORY)

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
            return _ready(uri, own).command if (own := own_environment(uri)) else OURS
        if name in self.programs:
            return self.programs[name]
        if name in REFUSED:
            raise not_implemented(f"Image {uri}: what {name} does")
        if image := self._aws(uri):
            return _ready(uri, image).command
        known = ", ".join((*self.programs, *self.aws))
        raise invalid(
            f"Image {uri} cannot run on the local SageMaker, which pulls no images. Use one of the "
            f"repositories {known}, or name a program for it in TIDEGATE_LOCAL_IMAGES"
        )

    def surroundings(self, uri: str, base: Path) -> dict[str, str]:
        """What an image's environment brings; packages that a job installs are that job's alone."""
        image = self._aws(uri)
        if image is None:
            return {}
        own = str(base / "packages")
        path = os.pathsep.join((str(image.python.parent), os.defpath))
        return {"PATH": path, "PYTHONPATH": own, "PIP_TARGET": own}

    def remark(self, uri: str) -> str:
        """What the log of a container must say of its image, if anything."""
        image = self._aws(uri) or own_environment(uri)
        return f"[tidegate] {uri} runs here in the environment {image.home.name}" if image else ""

    def _aws(self, uri: str) -> Image | None:
        """The image of AWS's own that it is, if any, and if no program of ours has its name."""
        name = repository(uri)
        return None if name in self.programs else self.aws.get(name)


def _ready(uri: str, environment: Environment) -> Environment:
    if environment.built:
        return environment
    raise invalid(
        f"Image {uri} has no environment on this machine yet. Build it once, then send the "
        f"request again: tidegate images build {environment.name}"
    )
