"""What a file in `schemas/` declares: one dataset, its row contract, and what is known of it when."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pandera.polars as pa

from tidegate.contract.changes import OnChange
from tidegate.contract.file_rules import BadShare, Freshness, RowCount
from tidegate.contract.formats import Csv, Excel, Format, Header, JsonArray, JsonLines, Parquet
from tidegate.contract.overwrite import Overwrite
from tidegate.contract.personal import OnArrival
from tidegate.contract.referring import Reference
from tidegate.contract.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import polars as pl

    from tidegate.contract.file_rules import FileRule

__all__ = [  # what a schema file imports from here
    "BadShare",
    "Csv",
    "Dataset",
    "Excel",
    "Freshness",
    "Grain",
    "Header",
    "JsonArray",
    "JsonLines",
    "OnArrival",
    "OnChange",
    "Overwrite",
    "Parquet",
    "Partition",
    "Reference",
    "RowCount",
    "Severity",
    "column",
]

KNOWN_AFTER = "known_after"
PERSONAL = "personal"
HEADER = "header"


class Grain(StrEnum):
    """How finely a table is partitioned by a date or timestamp (Iceberg's transforms of these names)."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class Sees(StrEnum):
    """What a dataset's own step is given."""

    FILE = "file"  # all good rows of a file at once; a file may then only be as large as memory allows
    ROWS = "rows"  # some of them at a time, for it treats each row by itself


@dataclass(frozen=True, kw_only=True)
class Partition:
    """A table's partition: one column, and the grain it is cut to."""

    column: str
    grain: Grain


def column(
    *, known_after: str = "", personal: bool | OnArrival = False, header: str | None = None, **checks: Any
) -> Any:
    """A pandera field that also says when its value becomes known, how files spell its name, and whether it
    is personal data.

    Args:
        known_after: one of the dataset's `moments`; empty means the first of them.
        personal: masked in every report and log; with `OnArrival` the published value is changed as well.
        header: what the column is called in a file, where that is no name for a column: `"Unit Price (€)"`;
            left out, it is called by its own name.
        checks: pandera's own: `nullable`, `ge`, `isin`, `str_matches`, `unique` … and `description`.
    """
    return pa.Field(metadata={KNOWN_AFTER: known_after, PERSONAL: personal, HEADER: header}, **checks)


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """One dataset: files under `<name>/` in the landing bucket, published as the table `<name>`."""

    name: str
    description: str
    row: type[pa.DataFrameModel]  # what arrives, column by column
    key: tuple[str, ...]  # the columns that name a row, unique within a file; (): none do
    moments: tuple[str, ...] = ("arrival of the file",)  # the order in which a row's values become known
    reads: Format | tuple[Format, ...] = field(default_factory=Csv)  # how its files may be written
    partition: Partition | None = None
    transform: Callable[[pl.DataFrame], pl.DataFrame] | None = None  # good rows in, rows of `published` out
    transform_sees: Sees = Sees.FILE
    published: type[pa.DataFrameModel] | None = None  # what the table holds, where a transform changes it
    overwrite: Overwrite = Overwrite.APPEND
    on_change: OnChange | Mapping[str, OnChange] = field(
        default=OnChange.STRICT, hash=False
    )  # by environment
    own_queue: bool = False  # a dataset that must not wait for others
    severities: Mapping[str, Severity] = field(default_factory=dict, hash=False)  # by the rule's name
    file_rules: tuple[FileRule, ...] = ()  # what a file as a whole must keep
    unique_across_files: bool = False  # no two files bring the same key
    references: tuple[Reference, ...] = ()  # rows of other datasets that a row names

    @property
    def table_row(self) -> type[pa.DataFrameModel]:
        """The contract of the published table's rows."""
        return self.published or self.row

    @property
    def formats(self) -> tuple[Format, ...]:
        """How its files may be written."""
        return self.reads if isinstance(self.reads, tuple) else (self.reads,)

    def __post_init__(self) -> None:
        from tidegate.contract.soundness import check_declaration

        check_declaration(self)

    def schema(self) -> Any:
        """The pandera schema of an arriving row."""
        return self.row.to_schema()

    def personal(self) -> frozenset[str]:
        """The arriving columns that hold personal data."""
        return frozenset(
            name for name, col in self.schema().columns.items() if (col.metadata or {}).get(PERSONAL)
        )

    def headers(self) -> dict[str, str]:
        """What each arriving column is called in a file: column name to header."""
        said = {name: (col.metadata or {}).get(HEADER) for name, col in self.schema().columns.items()}
        return {name: name if header is None else header for name, header in said.items()}

    def on_arrival(self) -> dict[str, OnArrival]:
        """The arriving columns whose published values are changed, and how."""
        marked = {name: (col.metadata or {}).get(PERSONAL) for name, col in self.schema().columns.items()}
        return {name: how for name, how in marked.items() if isinstance(how, OnArrival)}

    def known_after(self) -> dict[str, str]:
        """When each arriving column becomes known: column name to moment."""
        return {
            name: (col.metadata or {}).get(KNOWN_AFTER) or self.moments[0]
            for name, col in self.schema().columns.items()
        }

    def known_by(self, moment: str) -> tuple[str, ...]:
        """The arriving columns that are known at `moment`, in the contract's order."""
        latest = self.moments.index(moment)
        return tuple(name for name, when in self.known_after().items() if self.moments.index(when) <= latest)
