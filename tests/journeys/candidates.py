"""Versions of `flight_delay` as the registry may hold them: one that is good, and many that are not."""

from __future__ import annotations

import io
import json
import pickle
import tarfile
import tempfile
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from tests.pipelines import real
from tests.tidegate.models.test_gating import RUN
from tidegate import find
from tidegate.models.onnx_model import CARD_FILE, ONNX_FILE
from tidegate.models.run import resource_name
from tidegate.models.snapshot import known_columns
from tidegate.models.train import Material, train
from tidegate.settings import Setting

if TYPE_CHECKING:
    from infra.cli.place import Place
    from tidegate.models.declare import Model

MODEL = "flight_delay"
SLOW = "000000000000.dkr.ecr.eu-west-1.amazonaws.com/slow:1"
Files = dict[str, bytes]


class Payload:
    """What a pickle of it would run, were it loaded."""

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return (SystemExit, ("a pickle was loaded",))


@dataclass(frozen=True)
class Made:
    """The files of a sound model, trained on real flights."""

    files: Files

    @classmethod
    def train(cls, model: Model | None = None) -> Made:
        """Train it, or another one on the same rows."""
        model = model or find.model(MODEL)
        known = tuple(known_columns(model, find.dataset(model.request)))
        rows = real.flights().sample(4000, seed=1)
        with tempfile.TemporaryDirectory() as folder:
            material = Material(rows=rows, lookups=real.lookups(), known=known, sources={})
            train(model, RUN, material, Path(folder))
            return cls({path.name: path.read_bytes() for path in Path(folder).iterdir()})

    @classmethod
    def train_turned_round(cls, model: Model | None = None) -> Made:
        """The same, of labels that say the opposite."""
        model = model or find.model(MODEL)
        return cls.train(replace(model, label=lambda rows: _turned(model.label(rows))))

    @property
    def card(self) -> dict[str, object]:
        """The model's card."""
        told: dict[str, object] = json.loads(self.files[CARD_FILE])
        return told

    def crashes(self) -> Files:
        """An ONNX file that no runtime can load, named by its card."""
        return self._with(b"\x08\x07 no graph")

    def of_another_schema(self) -> Files:
        """As many features, of names that this model's code does not make."""
        features = [f"other_{number}" for number, _ in enumerate(list(self.card["features"]))]  # type: ignore[call-overload]
        return {**self.files, CARD_FILE: json.dumps({**self.card, "features": features}).encode()}

    def pickled(self) -> Files:
        """A pickle beside the model, which would run what it likes."""
        return {**self.files, "model.pkl": pickle.dumps(Payload())}

    def tampered(self) -> Files:
        """Another ONNX file than the registry knows, with a card that vouches for it."""
        return self._with(self.files[ONNX_FILE] + b"\x12\x00")

    def _with(self, onnx: bytes) -> Files:
        card = {**self.card, "sha256": sha256(onnx).hexdigest()}
        return {**self.files, ONNX_FILE: onnx, CARD_FILE: json.dumps(card).encode()}


def _turned(labels: pl.DataFrame) -> pl.DataFrame:
    return labels.with_columns(label=1 - pl.col("label").cast(pl.Int8))


def register(
    place: Place, name: str, files: Files, registered: str, image: str = "", model: str = MODEL
) -> int:
    """Put an archive where trainings put theirs, and register it; the version that it is."""
    bucket, key = place.settings[Setting.ARTEFACT_BUCKET], f"runs/{model}/{name}/model/{name}/model.tar.gz"
    place.client("s3").put_object(Bucket=bucket, Key=key, Body=_archive(files))
    container = {
        "Image": image or place.settings[Setting.MODEL_IMAGE],
        "ModelDataUrl": f"s3://{bucket}/{key}",
    }
    arn = place.client("sagemaker").create_model_package(
        ModelPackageGroupName=resource_name(place.environment, model),
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
        CustomerMetadataProperties={"run": name, "sha256": registered},
    )["ModelPackageArn"]
    return int(arn.rpartition("/")[2])


def _archive(files: Files) -> bytes:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return body.getvalue()
