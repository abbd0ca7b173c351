"""What must be said of an object that stands where it stands, so that it moves on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.facts import Fact, FileTransformed, FileValidated
from tidegate.lake.entry import State

if TYPE_CHECKING:
    from tidegate.lake.entry import Entry


def what_follows(entry: Entry) -> tuple[Fact, ...]:
    """The fact that moves an object on; said again, it does no harm."""
    if entry.state is State.VALIDATED:
        fact: Fact = FileValidated(
            object_id=entry.object_id,
            dataset=entry.dataset,
            needs_transform=not entry.waiting_for,
            good_rows=entry.good_rows,
            bad_rows=entry.bad_rows,
        )
        return (fact,)
    if entry.state is State.TRANSFORMED:
        return (FileTransformed(object_id=entry.object_id, dataset=entry.dataset, rows=entry.good_rows),)
    return ()
