"""A landed object version, as events tell of it: S3's own, or the fact that `reconcile` says instead."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from tidegate.errors import BadRequest
from tidegate.facts import FileLanded
from tidegate.lake import layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidegate.lake.entry import Entry

UNVERSIONED = "null"  # what S3 calls the version of an object in a bucket without versions


@dataclass(frozen=True, kw_only=True)
class LandedObject:
    """One version of one object in the landing bucket."""

    bucket: str
    key: str
    version_id: str
    etag: str
    size: int
    landed_at: str

    @classmethod
    def read(cls, *, bucket: str, key: str, version_id: str, etag: str, size: int, landed_at: str) -> Self:
        """The object as S3 writes it: the ETag in quotes or not, no version as `null`."""
        version = "" if version_id == UNVERSIONED else version_id
        return cls(
            bucket=bucket, key=key, version_id=version, etag=etag.strip('"'), size=size, landed_at=landed_at
        )

    @property
    def object_id(self) -> str:
        """The name of this object version everywhere else."""
        version = self.version_id or f"{self.etag}:{self.size}"
        return layout.object_id(self.bucket, self.key, version)

    @property
    def dataset(self) -> str:
        """The first segment of the key; empty when the object lies in no folder."""
        first, slash, _ = self.key.partition("/")
        return first if slash else ""

    @property
    def is_folder_marker(self) -> bool:
        """Whether this is no file, but what consoles put so that an empty folder shows."""
        return self.key.endswith("/") and self.size == 0

    def fact(self) -> FileLanded:
        """That it landed, as we say it where S3's own word of it was lost or is needed once more."""
        return FileLanded(**asdict(self))


def landed_of(entry: Entry) -> LandedObject:
    """The object of a ledger entry."""
    return LandedObject.read(
        bucket=entry.bucket,
        key=entry.key,
        version_id=entry.version_id,
        etag=entry.etag,
        size=entry.size,
        landed_at=entry.landed_at,
    )


def landed_from(event: Mapping[str, Any]) -> LandedObject:
    """Read the object from an EventBridge event, in which its key is not URL-encoded.

    Raises:
        BadRequest: the event is of no kind that tells of a landed object.
    """
    kind = event.get("detail-type")
    when = event.get("time", "")
    if kind == FileLanded.name():
        told = asdict(FileLanded.from_event(event))
        return LandedObject.read(**{**told, "landed_at": told["landed_at"] or when})
    if kind == "Object Created":
        what = event["detail"]["object"]
        return LandedObject.read(
            bucket=event["detail"]["bucket"]["name"],
            key=what["key"],
            version_id=what.get("version-id", ""),
            etag=what.get("etag", ""),
            size=what.get("size", 0),
            landed_at=when,
        )
    raise BadRequest(
        "queue `landed`",
        f"an event of the kind {kind!r} tells of no landed object",
        "Send S3's `Object Created` or our `FileLanded`",
    )
