"""Which of the waiting files go into a commit, and what they replace: an older event never beats a newer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tidegate.contract.overwrite import Overwrite
from tidegate.lake.entry import End, State
from tidegate.lake.versions import place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tidegate.lake.entry import Entry
    from tidegate.lake.ledger import Ledger


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One commit's worth of files."""

    take: tuple[Entry, ...]
    left_out: tuple[End, ...]
    replaced: frozenset[str]  # objects whose rows leave the table


def beaten(s3: Any, ledger: Ledger, overwrite: Overwrite, held: Entry) -> str:
    """Why another version of the same key bars this one's way; nothing if none does."""
    if overwrite is Overwrite.APPEND or (overwrite is Overwrite.REPLACE and not held.generation):
        return ""
    stands = place(s3, held.bucket, held.key, held.object_id)
    if overwrite is Overwrite.REPLACE:
        if any(newer.is_in_table for newer in ledger.entries(stands.newer)):
            return "replaced: a newer version of this file is published, and an older one never beats it"
        return ""
    others = (*stands.older, *(stands.newer if held.generation else ()))
    set_aside = {State.QUARANTINED, State.IGNORED}
    refused = {other.object_id for other in ledger.entries(others) if other.state in set_aside}
    if any(object_id not in refused for object_id in others):
        return "overwritten: another version of this key came first, and this dataset takes only one"
    return ""


def settle_order(s3: Any, ledger: Ledger, overwrite: str, waiting: Sequence[Entry]) -> Batch:
    """Apply the dataset's overwrite policy to what waits: `replace` has versions to settle.

    Whatever the policy, a file that is replayed takes the place of its own rows.
    """
    again = {entry.object_id for entry in waiting if entry.generation}
    if overwrite != "replace":
        return Batch(take=tuple(waiting), left_out=(), replaced=frozenset(again))
    together = {entry.object_id for entry in waiting}
    take: list[Entry] = []
    left_out: list[End] = []
    replaced: set[str] = set()
    for entry in waiting:
        stands = place(s3, entry.bucket, entry.key, entry.object_id)
        better = together & set(stands.newer) or {
            newer.object_id for newer in ledger.entries(stands.newer) if newer.is_in_table
        }
        if better:
            reason = f"replaced by the newer version {min(better)}"
            left_out.append(End(entry.object_id, entry.generation, State.IGNORED, reason))
        else:
            take.append(entry)
            replaced.update(stands.older)
    return Batch(take=tuple(take), left_out=tuple(left_out), replaced=frozenset(replaced | again))
