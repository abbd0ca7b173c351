"""Publish what waits for a table: one commit for many files, by one publisher at a time.

The order is the guarantee: the table is loaded before what waits is gathered, word of a commit is left before
it is made; the ledger is marked after. A publisher that dies or oversleeps its lease can then neither lose
a file nor publish it twice: a commit is made only on top of the table as it was loaded.
"""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tidegate.errors import CommitConflict, LeaseHeld
from tidegate.facts import Fact, TablePublished
from tidegate.lake import columns, commits, filelist, gaining, layout, tables
from tidegate.lake.entry import End, State
from tidegate.lake.landed import landed_of
from tidegate.lake.lease import Intent, TableLease
from tidegate.lake.precedence import settle_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pyiceberg.table import Table

    from tidegate.lake.entry import Entry
    from tidegate.lake.filelist import DataFile
    from tidegate.lake.ledger import Ledger

MOST_FILES = 800  # told in one fact: an event has at most 256 KB
_ROUNDS = 20
_PATIENCE = 20.0
_PAUSE = 0.2


@dataclass(frozen=True, kw_only=True)
class Publisher:
    """Everything that publishing needs from the outside."""

    s3: Any
    lake_bucket: str
    ledger: Ledger
    database: str
    catalog: Any
    say: Callable[[Iterable[Fact]], None]
    seconds: float  # how long this publisher may hold a table
    most_objects: int = 200  # of one commit
    sleep: Callable[[float], None] = field(default=time.sleep)

    def publish(self, dataset: str, overwrite: str, rung_by: str) -> list[TablePublished]:
        """Commit all that waits for `dataset`, as the object `rung_by` does; what was published is returned.

        Raises:
            LeaseHeld: another publisher holds the table for too long, and the object still waits.
        """
        lease = TableLease(self.ledger, dataset, owner=uuid.uuid4().hex, seconds=self.seconds)
        waited = 0.0
        while self._waits(rung_by):
            try:
                unsettled = lease.take()
            except LeaseHeld:
                if waited >= min(_PATIENCE, self.seconds / 2):
                    raise
                self.sleep(_PAUSE)
                waited += _PAUSE
                continue
            try:
                return self._rounds(lease, unsettled, dataset, overwrite, rung_by)
            finally:
                lease.release()
        return []

    def _waits(self, object_id: str) -> bool:
        return any(entry.waiting_for for entry in self.ledger.entries([object_id]))

    def _rounds(
        self, lease: TableLease, unsettled: Intent | None, dataset: str, overwrite: str, rung_by: str
    ) -> list[TablePublished]:
        published: list[TablePublished] = []
        doubted = unsettled.object_ids if unsettled else frozenset[str]()
        for attempt in range(_ROUNDS):
            table = tables.load(self.catalog, self.database, dataset)
            waiting = self._gather(dataset, {rung_by, *doubted})
            if doubted:
                waiting = self._settle(table, dataset, waiting)
            if not waiting:
                lease.settle()
                break
            try:
                published += self._commit(lease, table, dataset, overwrite, waiting)
                doubted = frozenset()
            except CommitConflict:
                if attempt == _ROUNDS - 1:
                    raise
                doubted = frozenset(entry.object_id for entry in waiting)
        return published

    def _gather(self, dataset: str, asked: set[str]) -> list[Entry]:
        """What waits. The index may lag behind, so the object that rang is looked at in any case."""
        candidates = {*self.ledger.waiting(dataset, self.most_objects), *asked}
        found = [entry for entry in self.ledger.entries(candidates) if entry.waiting_for == dataset]
        return sorted(found, key=lambda entry: (entry.waiting_since, entry.object_id))

    def _settle(self, table: Table, dataset: str, waiting: list[Entry]) -> list[Entry]:
        """After a commit of which nobody knows: mark what is in the table; the rest still waits."""
        asked = {entry.object_id for entry in waiting}
        there = {layout.edition_of(file.file_path) for file in commits.files_of(table, asked)}
        done = [entry for entry in waiting if entry.edition in there]
        head = table.current_snapshot()
        if done and head is not None:
            self.say(
                [
                    _fact(
                        dataset, head.snapshot_id, head.sequence_number or 0, done, self._files(dataset, done)
                    )
                ]
            )
            self.ledger.finish(_end(entry) for entry in done)
        return [entry for entry in waiting if entry.edition not in there]

    def _commit(
        self, lease: TableLease, table: Table, dataset: str, overwrite: str, waiting: Sequence[Entry]
    ) -> list[TablePublished]:
        batch = settle_order(self.s3, self.ledger, overwrite, waiting)
        files = self._files(dataset, batch.take)
        outdated = {file.object_id for file in files if not gaining.takes_as_text(table, file.added)}
        if outdated:
            self._check_again([entry for entry in batch.take if entry.object_id in outdated])
            return []
        gaining.add_text_columns(table, [name for file in files for name in file.added])
        remove = commits.files_of(table, batch.replaced)
        name = uuid.uuid4().hex
        lease.intend(Intent(batch=name, object_ids=frozenset(entry.object_id for entry in waiting)))
        facts = []
        if files or remove:
            made = commits.commit(table, name, files, remove)
            fact = _fact(dataset, made.snapshot_id, made.sequence, batch.take, files)
            facts.append(replace(fact, removed_rows=sum(file.record_count for file in remove)))
            self.say(facts)
        self.ledger.finish([*map(_end, batch.take), *batch.left_out])
        lease.settle()
        return facts

    def _check_again(self, entries: Sequence[Entry]) -> None:
        """Send files back whose new column the contract has named, with a type, since they were checked."""
        back = [entry for entry in entries if columns.send_back(self.ledger, entry)]
        self.say(landed_of(entry).fact() for entry in back)

    def _files(self, dataset: str, entries: Iterable[Entry]) -> list[DataFile]:
        def files_of(entry: Entry) -> tuple[DataFile, ...]:
            return filelist.load(self.s3, self.lake_bucket, dataset, entry.edition)

        with ThreadPoolExecutor(max_workers=16) as pool:
            return [file for files in pool.map(files_of, entries) for file in files]


def _end(entry: Entry) -> End:
    state = State.PARTLY_PUBLISHED if entry.bad_rows else State.PUBLISHED
    if not entry.good_rows:  # a replay took all that was published of it back
        state = State.QUARANTINED
    return End(entry.object_id, entry.generation, state, entry.reason)


def _fact(
    dataset: str, snapshot_id: int, sequence: int, entries: Sequence[Entry], files: Sequence[DataFile]
) -> TablePublished:
    return TablePublished(
        dataset=dataset,
        snapshot_id=str(snapshot_id),
        rows=sum(file.rows for file in files),
        object_ids=tuple(entry.object_id for entry in entries),
        data_files=tuple(file.uri for file in files[:MOST_FILES]),
        sequence=sequence,
        editions=tuple(entry.edition for entry in entries),
    )
