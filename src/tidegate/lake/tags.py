"""Tag a table's snapshot under a name: what is tagged is not expired, and stays readable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyiceberg.exceptions import CommitFailedException

from tidegate.errors import CommitConflict, NotFound, Refused
from tidegate.lake import tables

if TYPE_CHECKING:
    from pyiceberg.catalog.glue import GlueCatalog

_ROUNDS = 10


def of_run(run: str) -> str:
    """The tag of the snapshots that a training reads."""
    return f"tidegate-{run}"


def tag(glue: GlueCatalog, database: str, name: str, snapshot: int, called: str) -> None:
    """Give the snapshot this tag; doing it again changes nothing.

    A publication at the same time loses nothing: whichever comes second tries again.

    Raises:
        NotFound: the table no longer has the snapshot.
        Refused: the tag is another snapshot's.
        CommitConflict: others committed first again and again.
    """
    for _ in range(_ROUNDS):
        table = tables.load(glue, database, name)
        known = table.refs().get(called)
        if known is not None and known.snapshot_id == snapshot:
            return
        if known is not None:
            raise Refused(
                f"table {name}, tag {called}",
                f"it is snapshot {known.snapshot_id}'s, not {snapshot}'s",
                "A run reads one snapshot of a table: start another run",
            )
        if table.snapshot_by_id(snapshot) is None:
            raise NotFound(f"table {name}", f"snapshot {snapshot} has expired", "Train on what it holds now")
        try:
            table.manage_snapshots().create_tag(snapshot, called).commit()
        except CommitFailedException:
            continue
        return
    raise CommitConflict(
        f"table {name}", f"others committed before the tag {called}, {_ROUNDS} times", "It is tried again"
    )
