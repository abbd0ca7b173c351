"""A local cloud in a process of its own, a file in its landing bucket, and our functions called on it."""

from __future__ import annotations

import json
import os
import tempfile
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.bundle import stage_code
from infra.local import cloud as local
from tests.benchmarks.ingest.measure import run
from tests.benchmarks.ingest.ours import ROOMS
from tests.clouds import free_port
from tests.functions.world import EVENTS, World, messages
from tidegate.lake.entry import State
from tidegate.plan import plan
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.benchmarks.ingest.measure import Run

_PART = 64 << 20


@contextmanager
def running() -> Iterator[tuple[str, Path]]:
    """A cloud while the benchmark runs; the environment and the rooms of schemas are turned to it.

    What it gives is an address in its S3 below which the peers may write, and our functions' code as Lambda
    unpacks it, the contracts that were made at synthesis beside it.
    """
    import pipelines
    import schemas

    schemas.__path__, pipelines.__path__ = [str(ROOMS / "schemas")], []  # no model reads these datasets
    with tempfile.TemporaryDirectory(prefix="tidegate-benchmark-") as folder:
        started = local.start(Path(folder), free_port(), wait_seconds=90)
        os.environ.update(started.environment())
        try:
            yield f"s3://{_new_world().lake}/peers", stage_code(plan(), Path(folder))
        finally:
            local.stop(Path(folder))


@dataclass(frozen=True, eq=False)
class Landed:
    """A file in a landing bucket."""

    dataset: str
    bucket: str
    key: str
    event: dict[str, Any]  # S3's own

    @property
    def address(self) -> str:
        """Where it lies."""
        return f"s3://{self.bucket}/{self.key}"


def land(file: Path, dataset: str) -> Landed:
    """Put a file where upstream would."""
    from boto3.s3.transfer import TransferConfig

    world = _new_world()
    key = f"{dataset}/{file.name}"
    parts = TransferConfig(multipart_threshold=_PART, multipart_chunksize=_PART, max_concurrency=1)
    world.s3.upload_file(str(file), world.landing, key, Config=parts)
    told = world.s3.head_object(Bucket=world.landing, Key=key)
    event: dict[str, Any] = json.loads((EVENTS / "s3-object-created.json").read_text())
    event["detail"]["bucket"]["name"] = world.landing
    event["detail"]["object"] = {
        "key": key,
        "size": told["ContentLength"],
        "etag": told["ETag"].strip('"'),
        "version-id": told["VersionId"],
        "sequencer": "00617F08299329D189",
    }
    return Landed(dataset, world.landing, key, event)


def take_away(landed: Landed) -> None:
    """Give the space of a file back."""
    _empty(World("any").s3, landed.bucket)


def publish(landed: Landed, code: Path, core: int) -> dict[str, Run]:
    """Bring a landed file into a new table, each function a process of its own."""
    world = _new_world()
    world.create_table(landed.dataset)
    settings = {setting.value: value for setting, value in world.settings.items()}
    settings[Setting.LANDING_BUCKET.value] = landed.bucket
    taken, event = {}, landed.event
    for verb in ["validate", *(["transform"] if landed.dataset.endswith("_step") else []), "publish"]:
        with tempfile.NamedTemporaryFile("w", suffix=".json") as batch:
            batch.write(json.dumps(messages(event)))
            batch.flush()
            taken[verb] = run(["-m", "tests.benchmarks.ingest.ours", verb, batch.name], settings, core, code)
        event = next(fact for fact in world.heard() if fact["detail-type"] != "FileQuarantined")
    entry = world.entry(landed.event)
    assert entry.state in (State.PUBLISHED, State.PARTLY_PUBLISHED), entry
    taken["publish"].said.update(good=entry.good_rows, bad=entry.bad_rows)
    for bucket in (world.lake, world.quarantine):
        _empty(world.s3, bucket)
    return taken


def _new_world() -> World:
    world = World(f"b-{uuid.uuid4().hex[:8]}")
    world.make()
    return world


def _empty(s3: Any, bucket: str) -> None:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for version in page.get("Versions", []):
            s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
