"""The edges between what the lineage knows, and what lies upstream and downstream of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from infra.local.sagemaker.faults import invalid, not_found, not_implemented
from infra.local.sagemaker.store import Record, page
from infra.local.sagemaker.tracking.entities import dated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.sagemaker.backend import Parts

NOUN = "association"
DEPTH = 10  # AWS's largest, and its default
# what has a place in the lineage: by its noun, the word before its members
_WORDS = {
    "artifact": "Artifact",
    "action": "Action",
    "context": "Context",
    "experiment-trial-component": "TrialComponent",
    "experiment": "Experiment",
    "experiment-trial": "Trial",
}


class Associations:
    """AddAssociation and its companions."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def add(self, request: Record) -> Record:
        """AddAssociation: once between the same two."""
        pair = {member: request[member] for member in ("SourceArn", "DestinationArn")}
        source, destination = (self._entity(arn) for arn in pair.values())
        key = " ".join(pair.values())
        with self.parts.store.lock:
            if self.parts.store.find(NOUN, key):
                raise invalid(f"The association from {pair['SourceArn']} already exists.")
            said = {
                **request,
                **_described("Source", source),
                **_described("Destination", destination),
                "CreationTime": time.time(),
                "CreatedBy": {},
            }
            self.parts.store.put(NOUN, key, said)
        return pair

    def delete(self, request: Record) -> Record:
        """DeleteAssociation."""
        key = f"{request['SourceArn']} {request['DestinationArn']}"
        if not self.parts.store.find(NOUN, key):
            raise not_found(f"No association leads from {request['SourceArn']} there.")
        self.parts.store.remove(NOUN, key)
        return dict(request)

    def list_page(self, request: Record) -> Record:
        """ListAssociations."""
        members = ("SourceArn", "DestinationArn", "SourceType", "DestinationType", "AssociationType")
        chosen = [
            edge
            for edge in self.parts.store.every(NOUN)
            if all(request.get(member, edge.get(member)) == edge.get(member) for member in members)
        ]
        sort_by = request.get("SortBy", "CreationTime")
        asked = dated(request) if sort_by == "CreationTime" else {**dated(request), "SortBy": "Name"}
        name = "SourceArn" if sort_by == "CreationTime" else sort_by
        return page(asked, chosen, "AssociationSummaries", dict, name)

    def held(self, record: Record) -> str:
        """Why what others are associated with cannot be deleted; empty when nothing is."""
        arns = {record[f"{word}Arn"] for word in _WORDS.values() if f"{word}Arn" in record}
        used = [edge for edge in self.parts.store.every(NOUN) if arns & _ends(edge)]
        return f"it has {len(used)} associations; delete them first" if used else ""

    def query(self, request: Record) -> Record:
        """QueryLineage: what is connected to the start, within a depth, in a direction."""
        start = request.get("StartArns", [])
        if not start:
            raise not_implemented("QueryLineage without StartArns")
        for arn in start:
            self._entity(arn)
        depth = min(request.get("MaxDepth", DEPTH), DEPTH)
        reached = self._reached(start, request.get("Direction", "Both"), depth)
        vertices = [vertex for arn in reached if (vertex := self._vertex(arn, request.get("Filters", {})))]
        limit = request.get("MaxResults", len(vertices))
        if len(vertices) > limit:
            raise not_implemented("QueryLineage in several pages")
        shown = {*start, *(vertex["Arn"] for vertex in vertices)}
        if not request.get("IncludeEdges", True):
            return {"Vertices": vertices}
        kept = ("SourceArn", "DestinationArn", "AssociationType")
        edges = [
            {member: edge[member] for member in kept if member in edge}
            for edge in self.parts.store.every(NOUN)
            if _ends(edge) <= shown
        ]
        return {"Vertices": vertices, "Edges": edges}

    def _reached(self, start: list[str], direction: str, depth: int) -> list[str]:
        """Everything in that direction, nearest first, without the start."""
        seen, border = list(start), set(start)
        for _ in range(depth):
            border = {arn for arn in self._next(border, direction) if arn not in seen}
            seen += sorted(border)
        return seen[len(start) :]

    def _next(self, border: set[str], direction: str) -> Iterator[str]:
        for edge in self.parts.store.every(NOUN):
            if direction in ("Both", "Descendants") and edge["SourceArn"] in border:
                yield edge["DestinationArn"]
            if direction in ("Both", "Ascendants") and edge["DestinationArn"] in border:
                yield edge["SourceArn"]

    def _vertex(self, arn: str, filters: Record) -> Record | None:
        """How the answer shows a record, unless the filters leave it out."""
        word, record = self._entity(arn)
        kind = record.get(f"{word}Type", word)
        created, modified = record["CreationTime"], record["LastModifiedTime"]
        properties = record.get("Properties", {})
        kept = (
            kind in filters.get("Types", [kind])
            and word in filters.get("LineageTypes", [word])
            and filters.get("CreatedAfter", 0) <= created <= filters.get("CreatedBefore", created)
            and filters.get("ModifiedAfter", 0) <= modified <= filters.get("ModifiedBefore", modified)
            and all(properties.get(name) == value for name, value in filters.get("Properties", {}).items())
        )
        return {"Arn": arn, "Type": kind, "LineageType": word} if kept else None

    def _entity(self, arn: str) -> tuple[str, Record]:
        """The word of a record's kind, and the record."""
        noun, _, name = arn.rpartition(":")[2].partition("/")
        found = self.parts.store.find(noun, arn if noun == "artifact" else name) if noun in _WORDS else None
        if found is None:
            raise not_found(f"No lineage entity has the ARN {arn}.")
        return _WORDS[noun], found


def _ends(edge: Record) -> set[str]:
    return {edge["SourceArn"], edge["DestinationArn"]}


def _described(end: str, entity: tuple[str, Record]) -> Record:
    """The type and the name of one end of an edge."""
    word, record = entity
    name = record.get(f"{word}Name")
    return {f"{end}Type": record.get(f"{word}Type", word), **({f"{end}Name": name} if name else {})}
