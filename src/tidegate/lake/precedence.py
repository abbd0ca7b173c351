"""Which of the waiting files go into a commit, and what they replace: an older event never beats a newer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tidegate.lake.entry import State
from tidegate.lake.versions import place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tidegate.lake.entry import Entry
    from tidegate.lake.ledger import Ledger

_PUBLISHED = {State.PUBLISHED, State.PARTLY_PUBLISHED}


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One commit's worth of files."""

    take: tuple[Entry, ...]
    left_out: tuple[tuple[str, State, str], ...]  # object id, last state, reason
    replaced: frozenset[str]  # objects whose rows leave the table


def settle_order(s3: Any, ledger: Ledger, overwrite: str, waiting: Sequence[Entry]) -> Batch:
    """Apply the dataset's overwrite policy to what waits; only `replace` has anything to settle here."""
    if overwrite != "replace":
        return Batch(take=tuple(waiting), left_out=(), replaced=frozenset())
    together = {entry.object_id for entry in waiting}
    take: list[Entry] = []
    left_out: list[tuple[str, State, str]] = []
    replaced: set[str] = set()
    for entry in waiting:
        stands = place(s3, entry.bucket, entry.key, entry.object_id)
        better = together & set(stands.newer) or {
            newer.object_id for newer in ledger.entries(stands.newer) if newer.state in _PUBLISHED
        }
        if better:
            left_out.append((entry.object_id, State.IGNORED, f"replaced by the newer version {min(better)}"))
        else:
            take.append(entry)
            replaced.update(stands.older)
    return Batch(take=tuple(take), left_out=tuple(left_out), replaced=frozenset(replaced - together))
