"""What the commands read from the ledger: every file that landed, and what became of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tidegate.errors import NotFound
from tidegate.lake.entry import Entry, State
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from infra.cli.place import Place

_OURS = ("lease_until", "attempts", "waiting_for", "waiting_since", "etag", "size", "before", "retract")
_SUMS = ("files", "refused", "changed", "landed", "published", "quarantined", "discarded")


def files(place: Place, *, dataset: str = "") -> list[Entry]:
    """Every file in the ledger, the latest first."""
    table = place.settings[Setting.LEDGER_TABLE]
    pages = place.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    read = [Entry.from_item(item) for page in pages for item in page["Items"] if "key" in item]
    found = [entry for entry in read if dataset in ("", entry.dataset)]
    return sorted(found, key=lambda entry: (entry.claimed_at, entry.key), reverse=True)


def file(place: Place, start_of_id: str) -> Entry:
    """The one file whose object id begins so.

    Raises:
        NotFound: none does, or more than one.
    """
    fitting = [entry for entry in files(place) if entry.object_id.startswith(start_of_id)]
    if len(fitting) != 1:
        many = (
            f"{len(fitting)} files have an id that begins so"
            if fitting
            else "no file has an id that begins so"
        )
        raise NotFound(f"ledger {start_of_id!r}", many, "See the ids: tidegate files")
    return fitting[0]


def published_rows(entry: Entry) -> int:
    """The rows of a file that a query sees."""
    return entry.standing.good_rows if entry.is_in_table else 0


def data(entry: Entry) -> dict[str, Any]:
    """A file as the commands' JSON has it."""
    shown = {name: value for name, value in asdict(entry).items() if name not in _OURS}
    return {**shown, "state": entry.state.value, "published_rows": published_rows(entry)}


def by_dataset(found: Iterable[Entry]) -> dict[str, dict[str, int]]:
    """For each dataset: files, those refused or with other columns; rows by what became of them."""
    sums: dict[str, dict[str, int]] = {}
    for entry in found:
        stands = entry.standing
        row = sums.setdefault(stands.dataset or "(unclaimed)", dict.fromkeys(_SUMS, 0))
        row["files"] += 1
        row["refused"] += stands.state is State.QUARANTINED
        row["changed"] += bool(entry.drift)
        row["landed"] += stands.total_rows
        row["published"] += published_rows(entry)
        row["discarded" if entry.discarded_at else "quarantined"] += stands.bad_rows
    return dict(sorted(sums.items()))
