"""Actions, contexts, experiments, trials and trial components: records that are known by a name."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.local.sagemaker.faults import invalid, not_found
from infra.local.sagemaker.store import Record, page

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.sagemaker.backend import Parts


@dataclass(frozen=True)
class Kind:
    """One kind of them: how its operations, its ARNs and its lists call it."""

    word: str  # as in its members and operations
    noun: str  # as in its ARN, and in the store
    source: str = ""  # how a list calls the member Source, if not so


KINDS = (
    Kind("Action", "action"),
    Kind("Context", "context"),
    Kind("Experiment", "experiment", "ExperimentSource"),
    Kind("Trial", "experiment-trial", "TrialSource"),
    Kind("TrialComponent", "experiment-trial-component", "TrialComponentSource"),
)
_LISTED = ("DisplayName", "Status", "StartTime", "EndTime", "CreationTime", "CreatedBy", "LastModifiedTime")
_REMOVED = {
    "PropertiesToRemove": "Properties",
    "ParametersToRemove": "Parameters",
    "InputArtifactsToRemove": "InputArtifacts",
    "OutputArtifactsToRemove": "OutputArtifacts",
}
_MERGED = set(_REMOVED.values())


class Entities:
    """The operations on one kind; `free` says why a record cannot be deleted, or nothing."""

    def __init__(self, parts: Parts, kind: Kind, free: Callable[[Record], str] = lambda _: "") -> None:
        self.parts = parts
        self.kind = kind
        self._name, self._arn = f"{kind.word}Name", f"{kind.word}Arn"
        self._free = free

    def create(self, request: Record) -> Record:
        """Create…"""
        name, noun = request[self._name], self.kind.noun
        arn = self.parts.config.arn(noun, name)
        tags = request.pop("Tags", [])
        with self.parts.store.lock:
            if self.parts.store.find(noun, name):
                raise invalid(
                    f"{self.kind.word} names must be unique within an AWS account and region. "
                    f"{self.kind.word} with name ({name}) already exists."
                )
            self.parts.store.put(noun, name, {**request, self._arn: arn, **born()})
            self.parts.tag(arn, tags)
        return {self._arn: arn}

    def get(self, name: str) -> Record:
        """The record of that name or ARN."""
        found = self.parts.store.find(self.kind.noun, name.rpartition("/")[2])
        if found is None:
            raise not_found(f"{self.kind.word} '{name}' does not exist.")
        return found

    def describe(self, request: Record) -> Record:
        """Describe…"""
        return self.get(request[self._name])

    def update(self, request: Record) -> Record:
        """Update…: texts take the place of others, maps are merged."""
        record = self.get(request[self._name])
        with self.parts.store.lock:
            self.parts.store.change(record, **changed(record, request, self._name))
        return {self._arn: record[self._arn]}

    def delete(self, request: Record) -> Record:
        """Delete…, unless others need it."""
        record = self.get(request[self._name])
        with self.parts.store.lock:
            if reason := self._free(record):
                raise invalid(f"Unable to delete {record[self._arn]}: {reason}")
            self.parts.store.remove(self.kind.noun, record[self._name])
        return {self._arn: record[self._arn]}

    def list_page(self, request: Record) -> Record:
        """List…"""
        return self.page_of(request, self.parts.store.every(self.kind.noun))

    def page_of(self, request: Record, records: list[Record]) -> Record:
        """One page of some of them, filtered as the request says."""
        kept = (self._name, self._arn, f"{self.kind.word}Type", *_LISTED)

        def summary(record: Record) -> Record:
            shown = {member: record[member] for member in kept if member in record}
            if "Source" in record:
                shown[self.kind.source or "Source"] = record["Source"]
            return shown

        chosen = [one for one in records if fits(one, request, f"{self.kind.word}Type")]
        return page(dated(request), chosen, f"{self.kind.word}Summaries", summary, self._name)


def born() -> Record:
    """What a new record says of its making."""
    now = time.time()
    return {"CreationTime": now, "LastModifiedTime": now, "CreatedBy": {}, "LastModifiedBy": {}}


def changed(record: Record, request: Record, name: str) -> Record:
    """The members that an Update… leaves."""
    changes = {member: value for member, value in request.items() if member not in {name, *_REMOVED}}
    for member in _MERGED & (set(changes) | {_REMOVED[one] for one in request if one in _REMOVED}):
        gone = {key for one, of in _REMOVED.items() if of == member for key in request.get(one, [])}
        whole = {**record.get(member, {}), **changes.get(member, {})}
        changes[member] = {key: value for key, value in whole.items() if key not in gone}
    return changes


def fits(record: Record, request: Record, type_member: str) -> bool:
    """Whether a record has the type and the source that a list asks for."""
    wanted = request.get(type_member, record.get(type_member))
    source = record.get("Source", {}).get("SourceUri")
    return record.get(type_member) == wanted and request.get("SourceUri", source) == source


def dated(request: Record) -> Record:
    """A request whose dates are called as `page` calls them."""
    named = {"CreatedAfter": "CreationTimeAfter", "CreatedBefore": "CreationTimeBefore"}
    return {named.get(member, member): value for member, value in request.items()}
