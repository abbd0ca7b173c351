"""From a model version back to the files behind it: package, run, table snapshots, landed objects."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.cli import ledger, registry
from infra.cli.answer import counted
from tidegate.errors import NotFound
from tidegate.models.run import Run
from tidegate.settings import Setting

if TYPE_CHECKING:
    from infra.cli.place import Place
    from tidegate.lake.entry import Entry


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """What stands behind one version of a model."""

    version: registry.Version
    run: Run
    files: dict[str, list[Entry]]  # dataset -> the landed files whose rows the training read

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
                    {"object_id": file.object_id, "key": file.key, "version_id": file.version_id}
                    for file in found
                ]
                for name, found in self.files.items()
            },
        }


def of(place: Place, model: str, version: int) -> Lineage:
    """The lineage of one version.

    Raises:
        NotFound: the registry has no such version.
    """
    found = registry.one(place, model, version)
    material = _material(place, found)
    run = Run.from_json(json.dumps(material["run"]))
    return Lineage(version=found, run=run, files=_files(place, material["sources"]))


def _material(place: Place, version: registry.Version) -> dict[str, Any]:
    """What the snapshot step wrote of what it read: kept beside the run, since table snapshots expire."""
    run = version.told.get("run", "")
    if not run:
        raise NotFound(
            version.arn, "its metadata name no run", "Only versions that our gate registered have one"
        )
    key = f"runs/{version.model}/{run}/data/train/material.json"
    found = place.client("s3").get_object(Bucket=place.settings[Setting.ARTEFACT_BUCKET], Key=key)
    material: dict[str, Any] = json.loads(found["Body"].read())
    return material


def _files(place: Place, sources: dict[str, list[str]]) -> dict[str, list[Entry]]:
    """The ledger's entries of the objects whose rows a run read."""
    known = {entry.object_id: entry for entry in ledger.files(place)}
    return {
        name: sorted((known[one] for one in ids if one in known), key=lambda entry: entry.key)
        for name, ids in sources.items()
    }
