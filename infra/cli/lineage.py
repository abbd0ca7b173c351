"""`tidegate lineage ID`: from one answer back to the files behind it, and which link is missing.

A prediction's id → what was captured of it → the model version → its training job → table snapshots → landed
files → the contracts that they were checked by.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.cli import ledger, place, registry
from infra.cli.answer import Answer, Exit, counted, grid
from infra.cli.traces import Trace, find
from tidegate.errors import NotFound
from tidegate.models.run import Run
from tidegate.settings import Setting

if TYPE_CHECKING:
    import argparse

    from rich.console import RenderableType

    from infra.cli.screen import Screen
    from tidegate.lake.entry import Entry

SHOWN_FILES = 12
FILES = ("table", "file", "checked by contract")  # which is no hash of a schema file


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """What stands behind one version of a model."""

    version: registry.Version
    run: Run
    files: dict[str, list[Entry]]  # dataset -> the landed files whose rows the training read
    gone: tuple[str, ...]  # files that the ledger does not know, in words

    def sentence(self, most: int) -> str:
        """The sources in one line, the first few by name."""
        every = [file.key for found in self.files.values() for file in found]
        more = f" and {len(every) - most} more" if len(every) > most else ""
        return f"learned from {counted(len(every), 'file')}: {', '.join(every[:most])}{more}"

    def data(self) -> dict[str, Any]:
        """The lineage as JSON."""
        return {
            "package_arn": self.version.arn,
            "run": self.run.run,
            "cause": dict(self.run.cause),
            "code": self.run.code,
            "contracts": dict(self.run.contracts),
            "snapshots": dict(self.run.tables),
            "files": {
                name: [
                    {
                        "object_id": file.object_id,
                        "key": file.key,
                        "version_id": file.version_id,
                        "contract_version": file.contract_version,
                    }
                    for file in found
                ]
                for name, found in self.files.items()
            },
        }


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("id", help="the `id` of an answer, as `tidegate predict` and the endpoint give it")
    parser.add_argument("--model", default="", help="look among this model's answers (default: all)")


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """Follow it, and say which link is missing."""
    where = place.find(args.environment)
    (trace,) = find(where, {args.id}, args.model).values()
    found = of(where, trace.model, trace.version)
    lost = missing(where, found)
    told = {"id": args.id, "model": trace.model, "version": trace.version, "at": trace.at, "rows": trace.rows}
    data = {**told, **found.data(), "missing": lost}
    return Answer(data, lambda: _view(trace, found, lost), Exit.WANTING if lost else Exit.FINE)


def of(where: place.Place, model: str, version: int) -> Lineage:
    """The lineage of one version.

    Raises:
        NotFound: the registry has no such version.
    """
    found = registry.one(where, model, version)
    material = _material(where, found)
    made_by = Run.from_json(json.dumps(material["run"]))
    known = {entry.object_id: entry for entry in ledger.files(where)}
    files = {
        name: sorted((known[one] for one in ids if one in known), key=lambda entry: entry.key)
        for name, ids in material["sources"].items()
    }
    read = [(name, one) for name, ids in material["sources"].items() for one in ids]
    gone = [f"file {one} of {name}" for name, one in read if one not in known]
    return Lineage(version=found, run=made_by, files=files, gone=tuple(gone))


def missing(where: place.Place, found: Lineage) -> list[str]:
    """The links of a lineage that are no longer there, in words; nothing when it closes."""
    return [
        *_missing_job(where, found.version),
        *_missing_snapshots(where, found.run),
        *found.gone,
    ]


def _material(where: place.Place, version: registry.Version) -> dict[str, Any]:
    """What the snapshot step wrote of what it read: kept beside the run, since table snapshots expire."""
    named = version.told.get("run", "")
    if not named:
        raise NotFound(
            version.arn, "its metadata name no run", "Only versions that our gate registered have one"
        )
    key = f"runs/{version.model}/{named}/data/train/material.json"
    found = where.client("s3").get_object(Bucket=where.settings[Setting.ARTEFACT_BUCKET], Key=key)
    material: dict[str, Any] = json.loads(found["Body"].read())
    return material


def _missing_job(where: place.Place, version: registry.Version) -> list[str]:
    """The job must be there, and what it left must be what the version serves."""
    from botocore.exceptions import ClientError

    client = where.client("sagemaker")
    package = client.describe_model_package(ModelPackageName=version.arn)
    serves = package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    name = serves.split("/")[-3]  # …/<job>/output/model.tar.gz; a redriven run has a job of another name
    try:
        job = client.describe_training_job(TrainingJobName=name)
    except ClientError:
        return [f"training job {name}"]
    made = job.get("ModelArtifacts", {}).get("S3ModelArtifacts", "")
    return [] if made == serves else [f"training job {name}: it left {made or 'nothing'}, not {serves}"]


def _missing_snapshots(where: place.Place, made_by: Run) -> list[str]:
    """Of each table, the snapshot that was read: expiry spares those that a training tagged."""
    s3, glue = where.client("s3"), where.client("glue")
    gone = []
    for name, snapshot in made_by.tables.items():
        table = glue.get_table(DatabaseName=where.settings[Setting.DATABASE], Name=name)["Table"]
        bucket, _, key = table["Parameters"]["metadata_location"].removeprefix("s3://").partition("/")
        metadata = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        if int(snapshot) not in {one["snapshot-id"] for one in metadata.get("snapshots", [])}:
            gone.append(f"snapshot {snapshot} of {name}")
    return gone


def _view(trace: Trace, found: Lineage, lost: list[str]) -> RenderableType:
    from rich.console import Group

    made_by = found.run
    steps = [
        ("answered", f"{trace.at}, {counted(len(trace.rows), 'row')}"),
        ("version", f"{trace.model} {trace.version}, {found.version.status}"),
        (
            "job",
            f"{made_by.run}, code {made_by.code}, seed {made_by.seed}",
        ),
        *(
            (f"table {name}", f"snapshot {at}, schema file {made_by.contracts[name]}")
            for name, at in made_by.tables.items()
        ),
        ("missing", "; ".join(lost) or "nothing: every link is there"),
    ]
    every = [(name, one.key, one.contract_version) for name, files in found.files.items() for one in files]
    more = f", the first {SHOWN_FILES}" if len(every) > SHOWN_FILES else ""
    return Group(
        grid(f"answer {trace.identity}", ("link", "what"), steps),
        grid(counted(len(every), "file") + more, FILES, every[:SHOWN_FILES]),
    )
