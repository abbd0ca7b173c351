"""The facts on Tidegate's bus, named in the past tense, so that anybody can hang a function on one.

On the bus a fact is an EventBridge event: source `tidegate`, detail-type the class name, detail its fields.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE = "tidegate"


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that has happened."""

    source: ClassVar[str] = SOURCE

    @classmethod
    def name(cls) -> str:
        """The event's detail-type."""
        return cls.__name__

    def entry(self, bus: str) -> dict[str, str]:
        """One entry of `events:PutEvents`."""
        detail = json.dumps(asdict(self), separators=(",", ":"))
        return {"Source": SOURCE, "DetailType": self.name(), "Detail": detail, "EventBusName": bus}

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Self:
        """Read the fact back from an EventBridge event; fields we do not know are left alone."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in event["detail"].items() if name in known})


@dataclass(frozen=True, kw_only=True)
class FileLanded(Fact):
    """An object version lies in the landing bucket (said by `reconcile` where S3's own event was lost)."""

    bucket: str
    key: str
    version_id: str
    etag: str
    size: int
    landed_at: str = ""  # as the bucket's listing says; the fact itself is said later


@dataclass(frozen=True, kw_only=True)
class ReplayRequested(Fact):
    """Somebody asked that a file be judged again, by the contract as it is deployed now."""

    object_id: str
    dataset: str  # the first segment of its key
    generation: int  # one more than the file's last: the same request said twice is one
    retract: bool = False  # whether published rows that the contract now refuses may leave the table
    asked_by: str = ""


@dataclass(frozen=True, kw_only=True)
class FileValidated(Fact):
    """A file was checked; its good rows are staged (`needs_transform`) or already in the table's location."""

    object_id: str
    dataset: str
    needs_transform: bool
    good_rows: int
    bad_rows: int


@dataclass(frozen=True, kw_only=True)
class FileTransformed(Fact):
    """A staged file went through its dataset's own step; its data files lie in the table's location."""

    object_id: str
    dataset: str
    rows: int


@dataclass(frozen=True, kw_only=True)
class FileQuarantined(Fact):
    """A whole file, or some of its rows, was put in quarantine; the report says why."""

    object_id: str
    dataset: str
    whole_file: bool
    rows: int
    reason: str
    report: str


@dataclass(frozen=True, kw_only=True)
class SchemaDrifted(Fact):
    """What arrives differs from its contract in a way that nothing before did; no value of a row is told."""

    dataset: str
    contract_version: str
    policy: str  # strict, reorder, evolve or permissive
    outcome: str  # of the first file: refused, quarantined (some of its rows) or accepted
    said: str  # the difference and what becomes of it, in words
    added: tuple[str, ...]
    missing: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]  # probably: the contract's column, and what came in its place
    reordered: bool
    retyped: tuple[str, ...]
    reencoded: bool
    object_id: str  # the first file
    key: str


@dataclass(frozen=True, kw_only=True)
class TablePublished(Fact):
    """One commit made a batch of files visible in a table."""

    dataset: str
    snapshot_id: str
    rows: int
    object_ids: tuple[str, ...]
    data_files: tuple[str, ...]
    sequence: int = 0  # of the snapshot: a later commit has a higher one
    removed_rows: int = 0  # that left the table in the same commit: replaced, or retracted
    editions: tuple[str, ...] = ()  # of the object ids: with a replay, rows come under another name


@dataclass(frozen=True, kw_only=True)
class ModelRefused(Fact):
    """A trained model did not pass the gate."""

    model: str
    run: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ModelRegistered(Fact):
    """A trained model passed the gate and waits for approval in the registry."""

    model: str
    run: str
    version: int
    package_arn: str


@dataclass(frozen=True, kw_only=True)
class ModelApproved(Fact):
    """A registered model may go into service."""

    model: str
    version: int
    package_arn: str
    at: str = ""  # when it was approved, if the fact is said later


@dataclass(frozen=True, kw_only=True)
class ModelDeployed(Fact):
    """The endpoint was asked, and this version answers."""

    model: str
    version: int
    package_arn: str
    endpoint: str


@dataclass(frozen=True, kw_only=True)
class RollbackRequested(Fact):
    """Somebody asked that a version leave, and what served before it come back."""

    model: str
    version: int  # the one that leaves: in service, or on its way in
    asked_by: str = ""
    because: str = ""


@dataclass(frozen=True, kw_only=True)
class ModelRolledBack(Fact):
    """A version left: its roll-out was taken back, or somebody asked for it; the endpoint was asked."""

    model: str
    version: int  # the one that left
    back_to: int  # the one that answers
    reason: str
    endpoint: str


@dataclass(frozen=True, kw_only=True)
class DriftFound(Fact):
    """What arrives, or what is predicted, no longer looks like what the model was trained on."""

    model: str
    features: tuple[str, ...]
    report: str  # where it lies: one of each window, so that the same drift said twice is known again
    version: int = 0  # that answered
    what: tuple[str, ...] = ()  # drift, prediction shift, quality
