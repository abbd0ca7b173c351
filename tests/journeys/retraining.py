"""Train and judge a model again from the rows that its run kept, with the container's own programs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from typing import TYPE_CHECKING, Any

from infra.cli.place import ROOT
from tidegate.settings import Setting

if TYPE_CHECKING:
    from pathlib import Path

    from infra.cli.place import Place
    from tidegate.models.run import Run


def retrained(place: Place, run: Run, base: Path) -> dict[str, Any]:
    """The evaluation of a model that is trained anew from `data/` of the run."""
    data = base / "processing" / "data"
    _download(place, f"runs/{run.model}/{run.run}/data/", data)
    for channel in ("train", "lookups"):
        shutil.copytree(data / channel, base / "input" / "data" / channel)
    _step(base, "train")
    archive = base / "processing" / "model" / "model.tar.gz"
    archive.parent.mkdir(parents=True)
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(base / "model", arcname=".")
    _step(base, "evaluate")
    report: dict[str, Any] = json.loads((base / "processing/evaluation/evaluation.json").read_text())
    return report


def _download(place: Place, prefix: str, into: Path) -> None:
    s3, bucket = place.client("s3"), place.settings[Setting.ARTEFACT_BUCKET]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    for key in [one["Key"] for page in pages for one in page["Contents"]]:
        path = into / key.removeprefix(prefix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def _step(base: Path, name: str) -> None:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    told = {**os.environ, "SAGEMAKER_BASE_DIR": str(base), "PYTHONPATH": paths}
    command = [sys.executable, "-m", "tidegate.models.container", name]
    done = subprocess.run(command, env=told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
