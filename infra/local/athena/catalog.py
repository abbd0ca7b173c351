"""What the Glue catalogue knows of tables, as a query sees it."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from infra.local.athena.failures import QueryFailed, syntax_error

if TYPE_CHECKING:
    from infra.local.athena.access import Access


@dataclass(frozen=True)
class Table:
    """One Glue table."""

    database: str
    name: str
    columns: tuple[tuple[str, str], ...]  # name and Hive type, without partition keys
    partition_keys: tuple[tuple[str, str], ...]
    location: str
    input_format: str
    serde: str
    serde_parameters: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def metadata_location(self) -> str | None:
        """Where the Iceberg metadata lies, when this is an Iceberg table."""
        if self.parameters.get("table_type", "").upper() != "ICEBERG":
            return None
        return self.parameters.get("metadata_location")


def table(access: Access, database: str, name: str) -> Table:
    """The table `database.name`.

    Raises:
        QueryFailed: there is none, or the caller may not see it.
    """
    try:
        found = access.client("glue").get_table(DatabaseName=database, Name=name)["Table"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "EntityNotFoundException":
            raise syntax_error(
                f"TABLE_NOT_FOUND: Table 'awsdatacatalog.{database}.{name}' does not exist"
            ) from error
        raise refused(error) from error
    return _table(database, found)


def _table(database: str, found: dict[str, Any]) -> Table:
    storage = found.get("StorageDescriptor", {})
    serde = storage.get("SerdeInfo", {})
    return Table(
        database=database,
        name=found["Name"],
        columns=_columns(storage.get("Columns", [])),
        partition_keys=_columns(found.get("PartitionKeys", [])),
        location=storage.get("Location", ""),
        input_format=storage.get("InputFormat", ""),
        serde=serde.get("SerializationLibrary", ""),
        serde_parameters=dict(serde.get("Parameters", {})),
        parameters=dict(found.get("Parameters", {})),
    )


def _columns(found: list[dict[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((column["Name"], column.get("Type", "string")) for column in found)


def databases(access: Access, like: str | None) -> list[str]:
    """The names of the databases, as SHOW DATABASES lists them."""
    pages = access.client("glue").get_paginator("get_databases").paginate()
    return _matching((entry["Name"] for page in pages for entry in page["DatabaseList"]), like)


def tables(access: Access, database: str, like: str | None) -> list[str]:
    """The names of the tables, as SHOW TABLES lists them."""
    pages = access.client("glue").get_paginator("get_tables").paginate(DatabaseName=database)
    try:
        return _matching((entry["Name"] for page in pages for entry in page["TableList"]), like)
    except ClientError as error:
        if error.response["Error"]["Code"] == "EntityNotFoundException":
            raise syntax_error(f"SCHEMA_NOT_FOUND: Schema '{database}' does not exist") from error
        raise refused(error) from error


def partitions(access: Access, of: Table) -> list[tuple[tuple[str, ...], str]]:
    """The values and the location of each registered partition."""
    pages = (
        access.client("glue")
        .get_paginator("get_partitions")
        .paginate(DatabaseName=of.database, TableName=of.name)
    )
    return [
        (tuple(entry["Values"]), entry["StorageDescriptor"]["Location"])
        for page in pages
        for entry in page["Partitions"]
    ]


def _matching(names: Any, like: str | None) -> list[str]:
    # SHOW … 'pattern' is Hive's: a star for anything, a bar for alternatives; % is what people write too.
    patterns = [part.replace("%", "*") for part in like.split("|")] if like else ["*"]
    return sorted(name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns))


def refused(error: ClientError) -> QueryFailed:
    """What Athena says when Glue or S3 refuses the caller."""
    said = error.response["Error"]
    where = f"{error.operation_name}: {said.get('Message', '')} ({said.get('Code', '')})"
    kind = (
        "PERMISSION_DENIED"
        if "AccessDenied" in said.get("Code", "") or said.get("Code") == "403"
        else "EXTERNAL"
    )
    return QueryFailed("Athena query", f"{kind}: {where}", "")
