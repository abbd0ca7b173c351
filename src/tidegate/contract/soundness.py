"""Whether a dataset is declared soundly; said where it is declared, with a hint, and not when the first file
lands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import polars as pl

from tidegate.contract.sound_changes import check_changes
from tidegate.contract.sound_formats import check_formats
from tidegate.contract.sound_rules import check_rules
from tidegate.errors import ContractMistake

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tidegate.contract.declare import Dataset

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,126}")


def check_declaration(dataset: Dataset) -> None:
    """Refuse a declaration that could not work.

    Raises:
        ContractMistake: what is wrong, and what to write instead.
    """
    where = f"schemas/{dataset.name}.py"
    if not _NAME.fullmatch(dataset.name):
        raise ContractMistake(
            where,
            f"{dataset.name!r} is no name for a dataset",
            "Use small letters, digits and underscores, a letter first: it names folder, table and file",
        )
    arriving = dataset.schema().columns
    published = dataset.table_row.to_schema().columns
    _check_columns(where, arriving)
    _check_columns(where, published)
    _check_known(where, "the key names", dataset.key, arriving)
    _check_key(where, dataset, arriving)
    _check_moments(where, dataset)
    check_formats(where, dataset.formats)
    check_changes(where, dataset)
    _check_partition(where, dataset, published)
    check_rules(where, dataset)
    if dataset.published is not None and dataset.transform is None:
        raise ContractMistake(
            where, "it declares `published` and no `transform`", "Write the transform, or drop it"
        )


def _check_columns(where: str, columns: dict[str, Any]) -> None:
    if not columns:
        raise ContractMistake(where, "its row has no columns", "Write at least one: `name: str = column()`")
    for name, declared in columns.items():
        if not _COLUMN.fullmatch(name):
            raise ContractMistake(
                where,
                f"{name!r} is no name for a column",
                "Use letters, digits and underscores, a letter first, and say how files spell it: "
                'column(header="Unit Price (€)")',
            )
        if [other.lower() for other in columns].count(name.lower()) > 1:
            raise ContractMistake(
                where,
                f"{name!r} is the name of two columns, but for the case of its letters",
                "Rename one: Athena does not tell them apart",
            )
        kind = declared.dtype.type
        if isinstance(kind, pl.Datetime) and kind.time_unit == "ns":
            raise ContractMistake(
                where,
                f"the column {name!r} counts nanoseconds, and a table holds microseconds",
                'Write Annotated[pl.Datetime, "us", …]: the digits below would be lost without a word',
            )


def _check_known(where: str, what: str, names: Iterable[str], columns: dict[str, Any]) -> None:
    for name in names:
        if name not in columns:
            raise ContractMistake(
                where, f"{what} {name!r}, which is no column", f"It has: {', '.join(columns)}"
            )


def _check_key(where: str, dataset: Dataset, columns: dict[str, Any]) -> None:
    if not dataset.key and dataset.unique_across_files:
        raise ContractMistake(
            where,
            "it has no key that could be unique across files",
            "Name the columns that tell one row from another, or drop unique_across_files",
        )
    for name in dataset.key:
        if columns[name].nullable:
            raise ContractMistake(
                where, f"the key column {name!r} may be null", "Drop nullable, or choose another key"
            )


def _check_moments(where: str, dataset: Dataset) -> None:
    if not dataset.moments or len(set(dataset.moments)) != len(dataset.moments):
        raise ContractMistake(
            where, "its moments are empty or repeat", "Name each moment once, in order of time"
        )
    for name, moment in dataset.known_after().items():
        if moment not in dataset.moments:
            raise ContractMistake(
                where,
                f"the column {name!r} is known after {moment!r}, which is no moment of it",
                known_moments(dataset),
            )
    late = [name for name in dataset.key if dataset.known_after()[name] != dataset.moments[0]]
    if late:
        raise ContractMistake(
            where, f"the key column {late[0]!r} is known late", "A row is named from its first moment"
        )


def known_moments(dataset: Dataset) -> str:
    """What to do about a moment that the dataset does not have."""
    return f"Its moments are: {', '.join(dataset.moments)}. Another one is added by its `moments=(…)`"


def _check_partition(where: str, dataset: Dataset, published: dict[str, Any]) -> None:
    if dataset.partition is None:
        return
    _check_known(where, "the partition names", [dataset.partition.column], published)
    kind = published[dataset.partition.column].dtype.type
    if kind != pl.Date and not isinstance(kind, pl.Datetime) and kind is not pl.Datetime:
        raise ContractMistake(
            where,
            f"the partition's column {dataset.partition.column!r} is {kind}",
            "Partition by a Date or Datetime column",
        )
    if published[dataset.partition.column].nullable:
        raise ContractMistake(
            where, "the partition's column may be null", "Partition by a column that always has a value"
        )
