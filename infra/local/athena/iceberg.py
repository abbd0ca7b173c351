"""Read an Iceberg table through PyIceberg: the projected columns of the files that the filters leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyiceberg.io.pyarrow import ArrowScan
from pyiceberg.table import StaticTable

from infra.local.athena.failures import not_supported, syntax_error

if TYPE_CHECKING:
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.table import DataScan

    from infra.local.athena.access import Access


@dataclass(frozen=True)
class Moment:
    """Which past of a table a query asks for: a snapshot's id, or a time."""

    snapshot_id: int | None = None
    at: datetime | None = None


def load(access: Access, metadata_location: str) -> StaticTable:
    """The table as its metadata file says."""
    return StaticTable.from_metadata(metadata_location, access.file_properties())


def snapshot_id(table: StaticTable, moment: Moment) -> int | None:
    """The snapshot that was current at `moment`; None means now.

    Raises:
        QueryFailed: there is no such snapshot.
    """
    if moment.snapshot_id is not None:
        if table.snapshot_by_id(moment.snapshot_id) is None:
            raise syntax_error(
                f"INVALID_ARGUMENTS: Iceberg snapshot ID does not exists: {moment.snapshot_id}"
            )
        return moment.snapshot_id
    if moment.at is None:
        return None
    at = moment.at if moment.at.tzinfo else moment.at.replace(tzinfo=UTC)
    found = table.snapshot_as_of_timestamp(int(at.timestamp() * 1000))
    if found is None:
        raise syntax_error(f"INVALID_ARGUMENTS: No version history table at or before {at.isoformat()}")
    return found.snapshot_id


class Scan:
    """One planned read: its files are known before any is opened, so that a limit can refuse it."""

    def __init__(
        self, table: StaticTable, wanted: list[str], row_filter: BooleanExpression, moment: Moment
    ) -> None:
        self._filter = row_filter
        self._scan: DataScan = table.scan(
            row_filter=row_filter,
            selected_fields=tuple(wanted),
            snapshot_id=snapshot_id(table, moment),
            case_sensitive=False,
        )
        self._table = table
        self._tasks = list(self._scan.plan_files())

    @property
    def size(self) -> int:
        """Bytes of the data and delete files."""
        return sum(
            task.file.file_size_in_bytes + sum(deleted.file_size_in_bytes for deleted in task.delete_files)
            for task in self._tasks
        )

    def rows(self) -> pa.Table:
        """Read them."""
        reader = ArrowScan(self._table.metadata, self._table.io, self._scan.projection(), self._filter, False)
        return reader.to_table(self._tasks)


def metadata_table(table: StaticTable, kind: str) -> pa.Table:
    """What `"table$kind"` holds.

    Raises:
        QueryFailed: the local Athena has no such metadata table.
    """
    makers: dict[str, Any] = {
        "snapshots": table.inspect.snapshots,
        "history": table.inspect.history,
        "files": table.inspect.files,
        "manifests": table.inspect.manifests,
        "partitions": table.inspect.partitions,
        "refs": table.inspect.refs,
    }
    if kind not in makers:
        raise not_supported(f"the metadata table ${kind}")
    found: pa.Table = makers[kind]()
    # structs and lists of them carry names twice, which DuckDB refuses; what is asked of these tables is flat
    flat = [
        field.name
        for field in found.schema
        if not pa.types.is_nested(field.type) or pa.types.is_map(field.type)
    ]
    return found.select(flat)
