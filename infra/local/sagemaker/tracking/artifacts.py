"""Artifacts of the lineage: addresses with a type, known by the ARN that they are given."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from infra.local.sagemaker.faults import invalid, not_found
from infra.local.sagemaker.store import Record, page
from infra.local.sagemaker.tracking.entities import born, changed, dated, fits

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.sagemaker.backend import Parts

NOUN = "artifact"
_LISTED = ("ArtifactArn", "ArtifactName", "Source", "ArtifactType", "CreationTime", "LastModifiedTime")


class Artifacts:
    """CreateArtifact and its companions; `free` says why a record cannot be deleted, or nothing."""

    def __init__(self, parts: Parts, free: Callable[[Record], str]) -> None:
        self.parts = parts
        self._free = free

    def create(self, request: Record) -> Record:
        """CreateArtifact."""
        arn = self.parts.config.arn(NOUN, uuid.uuid4().hex)
        tags = request.pop("Tags", [])
        self.parts.store.put(NOUN, arn, {**request, "ArtifactArn": arn, **born()})
        self.parts.tag(arn, tags)
        return {"ArtifactArn": arn}

    def get(self, arn: str) -> Record:
        """The artifact of that ARN."""
        found = self.parts.store.find(NOUN, arn)
        if found is None:
            raise not_found(f"Artifact '{arn}' does not exist.")
        return found

    def describe(self, request: Record) -> Record:
        """DescribeArtifact."""
        return self.get(request["ArtifactArn"])

    def update(self, request: Record) -> Record:
        """UpdateArtifact."""
        record = self.get(request["ArtifactArn"])
        with self.parts.store.lock:
            self.parts.store.change(record, **changed(record, request, "ArtifactArn"))
        return {"ArtifactArn": record["ArtifactArn"]}

    def delete(self, request: Record) -> Record:
        """DeleteArtifact, by its ARN or by its source."""
        if ("ArtifactArn" in request) == ("Source" in request):
            raise invalid("Name the artifact either by ArtifactArn or by Source")
        record = self.get(request["ArtifactArn"]) if "ArtifactArn" in request else self._of(request["Source"])
        with self.parts.store.lock:
            if reason := self._free(record):
                raise invalid(f"Unable to delete {record['ArtifactArn']}: {reason}")
            self.parts.store.remove(NOUN, record["ArtifactArn"])
        return {"ArtifactArn": record["ArtifactArn"]}

    def list_page(self, request: Record) -> Record:
        """ListArtifacts."""
        chosen = [one for one in self.parts.store.every(NOUN) if fits(one, request, "ArtifactType")]

        def summary(record: Record) -> Record:
            return {member: record[member] for member in _LISTED if member in record}

        return page(dated(request), chosen, "ArtifactSummaries", summary, "ArtifactArn")

    def _of(self, source: Record) -> Record:
        for record in self.parts.store.every(NOUN):
            if record["Source"] == source:
                return record
        raise not_found(f"No artifact has the source {source['SourceUri']}.")
