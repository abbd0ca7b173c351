"""AWS's own images, and the local environment that stands for each: one folder is one, with its lock.

`tidegate images build NAME` makes it once, in .tidegate/images/; nothing is fetched when a job runs. The
registries' account ids differ by region, so an image is known by its repository:
https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/sagemaker-algo-docker-registry-paths.html

    build       makes an environment
    program     what the image's own Python runs: train, serve, or any other command
    serving     script mode's endpoint: model_fn, input_fn, predict_fn, output_fn
    own         the environments of our own models, of which each has its lock in its folder
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
KEPT = HERE.parents[2] / ".tidegate" / "images"


class Environment(ABC):
    """The packages of an image as they lie on this machine."""

    name: str
    kept: Path

    @property
    @abstractmethod
    def lock(self) -> Path:
        """Its packages and their hashes; the first line says how it was made."""

    @property
    @abstractmethod
    def command(self) -> tuple[str, ...]:
        """What stands for the image's entry point."""

    @property
    @abstractmethod
    def repositories(self) -> tuple[str, ...]:
        """All that it stands for."""

    @property
    def home(self) -> Path:
        """Where its environment lies; another lock is another environment."""
        return self.kept / f"{self.name}-{hashlib.sha256(self.lock.read_bytes()).hexdigest()[:12]}"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.home / "bin" / "python"

    @property
    def built(self) -> bool:
        """Whether it is there, whole."""
        return (self.home / "complete").exists()

    def megabytes(self) -> int:
        """What it takes on disk."""
        files = (file for file in self.home.rglob("*") if file.is_file() and not file.is_symlink())
        return sum(file.stat().st_size for file in files) // 1_000_000


@dataclass(frozen=True)
class Image(Environment):
    """One of AWS's images; its versions all run in the same environment."""

    name: str
    training: tuple[str, ...]  # repositories
    serving: tuple[str, ...]
    refused: tuple[str, ...] = ()  # repositories of which nothing here does what they do
    kept: Path = KEPT

    @property
    def lock(self) -> Path:
        """In the folder of its name."""
        return HERE / self.name / "requirements.lock"

    @property
    def repositories(self) -> tuple[str, ...]:
        """Those of its training and of its endpoints."""
        return tuple(dict.fromkeys((*self.training, *self.serving)))

    @property
    def command(self) -> tuple[str, ...]:
        """The image's own Python, and what it runs."""
        return str(self.python), str(HERE / "program.py"), self.name


SCIKIT_LEARN = ("sagemaker-scikit-learn",)
XGBOOST = ("sagemaker-xgboost",)
IMAGES = (
    Image("scikit-learn", SCIKIT_LEARN, SCIKIT_LEARN),
    Image("xgboost", XGBOOST, XGBOOST),
    Image("pytorch", ("pytorch-training",), ("pytorch-inference",)),
    # its inference image is TensorFlow Serving, of which there is no package
    Image("tensorflow", ("tensorflow-training",), (), refused=("tensorflow-inference",)),
)
# no image of AWS's: what stands for its managed MLflow
MLFLOW = Image("mlflow", (), ())
BY_REPOSITORY = {repository: image for image in IMAGES for repository in image.repositories}
REFUSED = {repository: image for image in IMAGES for repository in image.refused}
