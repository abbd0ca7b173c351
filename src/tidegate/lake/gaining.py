"""Columns that an Iceberg table gains because files brought them: text, and null wherever no file did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.types import StringType

from tidegate.errors import CommitConflict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyiceberg.table import Table

GAINED = "tidegate.gained"  # the property that lists them
_BROUGHT = "Brought by files; no contract named it."


def add_text_columns(table: Table, names: Iterable[str]) -> None:
    """Give the table columns that files brought and no contract names, once; rows before them have none.

    Raises:
        CommitConflict: another writer committed first, or it is not known whether we did.
    """
    new = sorted(set(names) - set(table.schema().column_names))
    if not new:
        return
    try:
        with table.transaction() as change:
            with change.update_schema() as update:
                for name in new:
                    update.add_column(name, StringType(), doc=_BROUGHT)
            change.set_properties({GAINED: ",".join(sorted({*gained(table), *new}))})
    except (CommitFailedException, ClientError, BotoCoreError) as error:
        raise CommitConflict(
            f"table {'.'.join(table.name())}",
            f"it did not get the columns {', '.join(new)} ({type(error).__name__})",
            "It is tried again with the table as it is then",
        ) from error


def takes_as_text(table: Table, names: Iterable[str]) -> bool:
    """Whether each of these columns is one of text in the table, or none yet."""
    schema = table.schema()
    return all(
        schema.find_field(name).field_type == StringType() for name in names if name in schema.column_names
    )


def gained(table: Table) -> frozenset[str]:
    """The columns that files brought, be they named by the contract by now or not."""
    return frozenset(filter(None, table.properties.get(GAINED, "").split(",")))
