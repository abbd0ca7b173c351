"""A model in service: what its training left, and what it was asked, as trainings and endpoints write it."""

from __future__ import annotations

import io
import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import numpy as np
import polars as pl

from functions import monitor, publish, validate
from tests.clouds import eventually
from tests.functions.world import Context, World, messages
from tidegate import find
from tidegate.models import captures
from tidegate.models.run import resource_name
from tidegate.models.watch.look import SETTLED, Seen, look
from tidegate.plan import plan
from tidegate.settings import Setting

if TYPE_CHECKING:
    import pytest

START = datetime(2013, 1, 1, tzinfo=UTC)
DAYS, A_DAY = 120, 60


def settle(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket for artefacts and a workgroup; their settings are in the environment."""
    bucket, group = f"{world.name}-artefact", f"{world.name}-group"
    world.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    boto3.client("athena").create_work_group(
        Name=group, Configuration={"ResultConfiguration": {"OutputLocation": f"s3://{bucket}/athena/"}}
    )
    monkeypatch.setenv(Setting.ARTEFACT_BUCKET.value, bucket)
    monkeypatch.setenv(Setting.WORKGROUP.value, group)
    return bucket


def train(world: World, bucket: str) -> None:
    """The first version of `dear`: registered, with what it saw and how it was judged."""
    folder = f"runs/dear/dear-{uuid.uuid4().hex[:12]}/evaluation"
    rows = frame(0, DAYS, seed=1)
    content = io.BytesIO()
    rows.select("a", "b", _moment="at", _score="score").write_parquet(content)
    world.s3.put_object(Bucket=bucket, Key=f"{folder}/reference.parquet", Body=content.getvalue())
    report = {"run": "dear-1", "challenger": {"auc": 0.7}}
    world.s3.put_object(Bucket=bucket, Key=f"{folder}/evaluation.json", Body=json.dumps(report))
    sagemaker, group = boto3.client("sagemaker"), resource_name(world.name, "dear")
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    address = {"ContentType": "application/json", "S3Uri": f"s3://{bucket}/{folder}/evaluation.json"}
    sagemaker.create_model_package(
        ModelPackageGroupName=group, ModelMetrics={"ModelQuality": {"Statistics": address}}
    )


def frame(first: int, days: int, seed: int) -> pl.DataFrame:
    """Requests of some days, their features, scores, and the price that they turned out to have."""
    random = np.random.default_rng(seed)
    size = days * A_DAY
    at = [START + timedelta(days=first + day, minutes=20 * n) for day in range(days) for n in range(A_DAY)]
    a = random.normal(size=size)
    score = 1 / (1 + np.exp(-a))
    return pl.DataFrame(
        {
            "id": np.arange(size) + first * A_DAY + 1,
            "at": pl.Series(at, dtype=pl.Datetime("us", "UTC")),
            "a": a,
            "b": random.integers(0, 3, size).astype(float),
            "score": score,
            "price": np.where(random.random(size) < score, 20.0, 5.0),
        }
    )


def ask(world: World, bucket: str, rows: pl.DataFrame, version: int = 1, model: str = "dear") -> None:
    """Let version 1 have answered these, in files of a hundred rows."""
    now = datetime.now(UTC)
    for part in rows.iter_slices(100):
        body = captures.lines(
            identity=uuid.uuid4().hex,
            moment=captures.moment_of(now),
            version=version,
            rows=[{"id": row["id"], "day": f"{row['at']:%Y-%m-%d}"} for row in part.rows(named=True)],
            features=part.select("a", "b").rows(named=True),
            scores=part["score"].to_list(),
        )
        key = captures.capture_key(model, now, version, uuid.uuid4().hex)
        world.s3.put_object(Bucket=bucket, Key=key, Body=b"".join(body))


def pay(world: World, rows: pl.DataFrame) -> None:
    """Land the prices, and publish them."""
    world.create_table("trips")
    validate.intake.cache_clear()
    named = rows.select("id", pl.lit("ann").alias("rider"), "price", pl.col("at").dt.date().alias("day"))
    validate.handler(messages(world.put("trips/paid.csv", named.write_csv().encode())), Context(600))
    publish.handler(messages(*world.heard()), Context(600))
    world.heard()


def watch(world: World, bucket: str) -> Seen:
    """A look at all that was asked until now."""
    listed = world.s3.list_objects_v2(Bucket=bucket, Prefix="captures/").get("Contents", [])
    until = max((item["LastModified"] for item in listed), default=START) + timedelta(seconds=1)
    eventually(lambda: datetime.now(UTC) >= until)  # what is asked from now on is of the next window
    at = replace(monitor.looking(Context(120)), clock=lambda: until + SETTLED)
    model = find.model("dear")
    return look(model, plan().dataset(model.request).table, at)


def forget(world: World, bucket: str) -> None:
    """Remove all captures."""
    for item in world.s3.list_objects_v2(Bucket=bucket, Prefix="captures/").get("Contents", []):
        world.s3.delete_object(Bucket=bucket, Key=item["Key"])


def reports(world: World, bucket: str) -> list[dict[str, Any]]:
    """Every report, oldest first."""
    listed = world.s3.list_objects_v2(Bucket=bucket, Prefix="watch/dear/reports/").get("Contents", [])
    return [json.loads(world.s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()) for item in listed]
