"""A small world of flights in which a truth is known, and candidates that are bad in one way each."""

from __future__ import annotations

import dataclasses
import io
import tarfile
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from tests.tidegate.models.test_gating import RUN
from tidegate.models.archive import Fault, admit
from tidegate.models.declare import Model
from tidegate.models.evaluate import evaluate, held_out, unfit
from tidegate.models.onnx_model import load
from tidegate.models.train import Material, train

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tidegate.models.onnx_model import OnnxModel

ODD = 3  # the carrier that planted candidates are bad for
ROWS = 24_000


@cache
def world(seed: int) -> pl.DataFrame:
    """Rows of 60 days: what is late follows from `a` and, weaker, from `b`; `c` says next to nothing."""
    generator = np.random.default_rng(seed)
    a, b, c = generator.normal(size=(3, ROWS))
    carrier = generator.choice(5, ROWS, p=[0.4, 0.3, 0.2, 0.06, 0.04])
    logit = 1.6 * a + 0.9 * b + 0.15 * c - 0.8
    start = datetime(2024, 1, 1, tzinfo=UTC)
    return pl.DataFrame(
        {
            "at": [start + timedelta(minutes=3.6 * minute) for minute in range(ROWS)],
            "a": a,
            "b": b,
            "c": c,
            "carrier": carrier,
            "late": generator.random(ROWS) < 1 / (1 + np.exp(-logit)),
        }
    )


def features(rows: pl.DataFrame, _lookups: Any) -> pl.DataFrame:
    return rows.select("a", "b", "c", "carrier").cast(pl.Float32)


def label(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_row_index("row").select("row", label="late")


def fit(features: pl.DataFrame, labels: pl.Series, _seed: int) -> Any:
    return LogisticRegression().fit(features.to_numpy(), labels.to_numpy().astype(int))


MODEL = Model(
    name="flight_delay",
    description="Late or not, in a small world.",
    request="flights",
    known_by="",
    lookups=(),
    time_column="at",
    test_share=0.5,
    features=features,
    lookup_keys=lambda _rows: {},
    label=label,
    fit=fit,
    baseline_feature="c",
    least_auc=0.6,
    least_new_rows=1,
    schedule="",
    instance_type="",
    slices=("carrier",),
)
KNOWN = ("a", "b", "c", "carrier")


def material(part: int) -> Material:
    """The rows to learn from, and those to be judged on."""
    return Material(rows=world(part), lookups={}, known=KNOWN, sources={})


def fitted(fit: Callable[[pl.DataFrame, pl.Series, int], Any], into: Path, model: Model = MODEL) -> Path:
    """A candidate as a training job leaves it: a folder with its archive."""
    train(dataclasses.replace(model, fit=fit), RUN, material(1), into / "made")
    with tarfile.open(into / "model.tar.gz", "w:gz") as tar:
        tar.add(into / "made", arcname=".")
    return into


def add(folder: Path, name: str, content: bytes, kind: bytes = tarfile.REGTYPE) -> None:
    """Put one thing more into an archive."""
    with tarfile.open(folder / "model.tar.gz", "w:gz") as tar:
        tar.add(folder / "made", arcname=".")
        member = tarfile.TarInfo(name)
        member.size, member.type, member.linkname = len(content), kind, "/etc/passwd"
        tar.addfile(member, io.BytesIO(content))


def judged(folder: Path, champion: OnnxModel | None = None, model: Model = MODEL) -> dict[str, Any]:
    """The evaluation of a candidate, as the job makes it."""
    rows = held_out(model, material(2))
    found = admit(folder, folder / "unpacked", rows.features.columns)
    if isinstance(found, Fault):
        return unfit(RUN, model, found)
    return evaluate(model, rows, found, champion, seed=7)


def made(folder: Path) -> OnnxModel:
    """A model as it serves."""
    return load(folder / "made")


def without_b(features: pl.DataFrame, labels: pl.Series, _seed: int) -> Any:
    """A model that knows less."""
    return _blind_to(1, features, labels)


def without_a(features: pl.DataFrame, labels: pl.Series, _seed: int) -> Any:
    """A model that knows much less."""
    return _blind_to(0, features, labels)


def trees_without_b(features: pl.DataFrame, labels: pl.Series, seed: int) -> Any:
    """A model that knows less, and takes as long as the next one."""
    matrix = features.to_numpy().copy()
    matrix[:, 1] = 0
    return _trees(seed).fit(matrix, labels.to_numpy().astype(int))


def wrong_for_one_carrier(features: pl.DataFrame, labels: pl.Series, seed: int) -> Any:
    """It has learned the opposite for one carrier, and more than the last one for all others."""
    odd = (features["carrier"] == ODD).to_numpy()
    truth = labels.to_numpy().astype(bool) ^ odd
    return _trees(seed).fit(features.to_numpy(), truth.astype(int))


def too_sure(features: pl.DataFrame, labels: pl.Series, seed: int) -> Any:
    """It ranks as well as any, and its chances are too high."""
    one = fit(features, labels, seed)
    one.intercept_ = one.intercept_ + 1.2
    return one


def many_trees(features: pl.DataFrame, labels: pl.Series, seed: int) -> Any:
    """It is as good, and takes hundreds of times as long."""
    trees = _trees(seed, max_iter=400, learning_rate=0.02)
    return trees.fit(features.to_numpy(), labels.to_numpy().astype(int))


def _trees(seed: int, **more: Any) -> Any:
    return HistGradientBoostingClassifier(**({"max_iter": 60, "max_depth": 6} | more), random_state=seed)


def _blind_to(place: int, features: pl.DataFrame, labels: pl.Series) -> Any:
    matrix = features.to_numpy().copy()
    matrix[:, place] = 0
    one = LogisticRegression().fit(matrix, labels.to_numpy().astype(int))
    one.coef_[:, place] = 0
    return one
