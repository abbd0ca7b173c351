"""Commit data files to an Iceberg table: many files, one snapshot, and no doubt afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from pyiceberg.conversions import to_bytes
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.manifest import DataFile as IcebergFile
from pyiceberg.manifest import DataFileContent, FileFormat
from pyiceberg.typedef import Record
from pyiceberg.types import DecimalType, PrimitiveType

from tidegate.errors import CommitConflict
from tidegate.lake import layout

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pyiceberg.schema import Schema
    from pyiceberg.table import Table
    from pyiceberg.table.snapshots import Snapshot

    from tidegate.lake.filelist import Bound, DataFile

BATCH = "tidegate.batch"  # in the snapshot's summary


@dataclass(frozen=True, kw_only=True)
class Committed:
    """A snapshot that holds a batch."""

    snapshot_id: int
    sequence: int  # a later commit has a higher one
    rows: int


def commit(
    table: Table, batch: str, add: Sequence[DataFile], remove: Sequence[IcebergFile] = ()
) -> Committed:
    """Add and remove data files in one commit, on top of the snapshot that `table` was loaded with.

    Raises:
        CommitConflict: another writer committed since, or the commit was lost on its way.
    """
    try:
        _commit(table, batch, add, remove)
    except (CommitFailedException, ClientError, BotoCoreError) as error:
        found = find_batch(table.refresh(), batch)
        if found is None:
            raise CommitConflict(
                f"table {'.'.join(table.name())}",
                f"the commit of batch {batch} was not made ({type(error).__name__})",
                "It is tried again with the table as it is then",
            ) from error
        return found
    snapshot = table.current_snapshot()
    if snapshot is None or _batch_of(snapshot) != batch:
        raise CommitConflict(
            f"table {'.'.join(table.name())}",
            "its head is not our snapshot",
            "Look for the batch, and try again",
        )
    return _committed(snapshot)


def find_batch(table: Table, batch: str) -> Committed | None:
    """The snapshot that a batch was committed in, if it was."""
    for snapshot in reversed(table.snapshots()):
        if _batch_of(snapshot) == batch:
            return _committed(snapshot)
    return None


def files_of(table: Table, object_ids: Collection[str]) -> list[IcebergFile]:
    """The table's data files whose rows came with these objects: each file's rows come with one object."""
    head = table.current_snapshot()
    if head is None or not object_ids:
        return []
    return [
        entry.data_file
        for manifest in head.manifests(table.io)
        for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True)
        if layout.object_id_of(entry.data_file.file_path) in object_ids
    ]


def _commit(table: Table, batch: str, add: Sequence[DataFile], remove: Sequence[IcebergFile]) -> None:
    with table.transaction() as change:
        update = change.update_snapshot(snapshot_properties={BATCH: batch})
        with update.overwrite() if remove else update.merge_append() as producer:
            for old in remove:
                producer.delete_data_file(old)
            for new in add:
                producer.append_data_file(_entry(table, new))


def _entry(table: Table, file: DataFile) -> IcebergFile:
    schema = table.schema()
    ids = {name: schema.find_field(name).field_id for name in file.nulls}
    partition = Record(file.partition) if table.spec().fields else Record()
    made = IcebergFile.from_args(
        content=DataFileContent.DATA,
        file_path=file.uri,
        file_format=FileFormat.PARQUET,
        partition=partition,
        record_count=file.rows,
        file_size_in_bytes=file.bytes,
        column_sizes={},
        value_counts={ids[name]: file.rows for name in file.nulls},
        null_value_counts={ids[name]: count for name, count in file.nulls.items()},
        nan_value_counts={},
        lower_bounds=_bounds(schema, file.lower),
        upper_bounds=_bounds(schema, file.upper),
        key_metadata=None,
        split_offsets=[4],  # where the first row group begins, after Parquet's magic number
        equality_ids=None,
        sort_order_id=None,
    )
    made.spec_id = table.spec().spec_id
    return made


def _bounds(schema: Schema, bounds: Mapping[str, Bound]) -> dict[int, bytes]:
    """Bounds in Iceberg's single-value form: https://iceberg.apache.org/spec/#binary-single-value-serialization."""
    made: dict[int, bytes] = {}
    for name, value in bounds.items():
        field = schema.find_field(name)
        kind: Any = field.field_type
        if isinstance(kind, PrimitiveType) and not isinstance(kind, DecimalType):
            made[field.field_id] = to_bytes(kind, value)
    return made


def _batch_of(snapshot: Snapshot) -> str | None:
    return snapshot.summary.additional_properties.get(BATCH) if snapshot.summary else None


def _committed(snapshot: Snapshot) -> Committed:
    added = snapshot.summary.additional_properties.get("added-records", "0") if snapshot.summary else "0"
    return Committed(
        snapshot_id=snapshot.snapshot_id, sequence=snapshot.sequence_number or 0, rows=int(added)
    )
