"""The tables that a query names: found in the catalogue, planned, read, given to DuckDB under a name each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from sqlglot import exp

from infra.local.athena import catalog, hive, iceberg, pushdown
from infra.local.athena.failures import not_supported

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from infra.local.athena.access import Access


class _Rows(Protocol):
    def __call__(self) -> pa.Table: ...


@dataclass(frozen=True)
class Source:
    """One table occurrence of a query, planned but not yet read."""

    name: str
    size: int
    rows: _Rows
    types: tuple[tuple[str, str], ...] = ()  # casts of what is stored as text: column and DuckDB type

    def select(self, registered: str) -> str:
        """The DuckDB SELECT over the registered Arrow table, typed as the catalogue says."""
        if not self.types:
            return f"SELECT * FROM {registered}"  # noqa: S608 - a name of our own
        casts = ", ".join(f'TRY_CAST("{column}" AS {of}) AS "{column}"' for column, of in self.types)
        return f"SELECT {casts} FROM {registered}"  # noqa: S608 - likewise


def sources(tree: exp.Query, database: str, access: Access) -> list[Source]:
    """Plan every real table in `tree`, which afterwards names them by their sources' names.

    Raises:
        QueryFailed: a table does not exist or cannot be read here.
    """
    named = _names(tree)
    occurrences = [table for table in tree.find_all(exp.Table) if not _is_common_table(table)]
    found = []
    for number, table in enumerate(occurrences):
        source = _source(f"scan_{number}", table, table.db or database, access, named)
        found.append(source)
    for number, table in enumerate(occurrences):
        _rename(table, f"scan_{number}")
    for column in tree.find_all(exp.Column):
        column.set("db", None)
        column.set("catalog", None)
    return found


def _rename(table: exp.Table, name: str) -> None:
    if not table.alias:
        table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
    table.set("this", exp.to_identifier(name))
    for part in ("db", "catalog", "version"):
        table.set(part, None)


def _names(tree: exp.Query) -> frozenset[str] | None:
    """Every name in the query, lower-cased; None where a star asks for all."""
    stars = (star for star in tree.find_all(exp.Star) if not isinstance(star.parent, exp.Count))
    if next(stars, None) is not None:
        return None
    return frozenset(identifier.name.lower() for identifier in tree.find_all(exp.Identifier))


def _wanted(every: list[str], named: frozenset[str] | None) -> list[str]:
    chosen = [name for name in every if named is None or name.lower() in named]
    return chosen or every[:1]  # a bare count still needs the rows


def _source(
    name: str, table: exp.Table, database: str, access: Access, named: frozenset[str] | None
) -> Source:
    plain, _, metadata = table.name.lower().partition("$")
    entry = catalog.table(access, database.lower(), plain)
    if entry.metadata_location is None:
        if metadata or table.args.get("version"):
            raise not_supported(f"{table.sql('athena')} (the table is not Iceberg)")
        return _hive_source(name, entry, access, named)
    loaded = iceberg.load(access, entry.metadata_location)
    if metadata:
        return Source(name, 0, lambda: iceberg.metadata_table(loaded, metadata))
    columns = [field.name for field in loaded.schema().fields]
    types = {field.name.lower(): field.field_type for field in loaded.schema().fields}
    scan = iceberg.Scan(loaded, _wanted(columns, named), pushdown.filters(table, types), _moment(table))
    return Source(name, scan.size, scan.rows)


def _hive_source(name: str, entry: catalog.Table, access: Access, named: frozenset[str] | None) -> Source:
    every = [*entry.columns, *entry.partition_keys]
    wanted = _wanted([column for column, _ in every], named)
    found = hive.files(access, entry)
    types = tuple((column, _duckdb_type(of)) for column, of in every if column in wanted)
    return Source(
        name, sum(file.size for file in found), lambda: hive.read(access, entry, found, wanted), types
    )


def _duckdb_type(hive_type: str) -> str:
    """DuckDB's name of a Hive type; sqlglot knows both."""
    if hive_type.lower() == "binary":
        return "BLOB"
    return exp.DataType.build(hive_type, dialect="hive").sql("duckdb")


def _moment(table: exp.Table) -> iceberg.Moment:
    version = table.args.get("version")
    if version is None:
        return iceberg.Moment()
    value = version.expression
    if version.name.upper() == "VERSION" and isinstance(value, exp.Literal) and value.is_int:
        return iceberg.Moment(snapshot_id=int(value.name))
    literal = value.this if isinstance(value, exp.Cast) else value
    if version.name.upper() == "TIMESTAMP" and isinstance(literal, exp.Literal) and literal.is_string:
        return iceberg.Moment(at=datetime.fromisoformat(literal.name.replace(" UTC", "+00:00")))
    raise not_supported(
        f"the time travel {version.sql('athena')!r}: write a literal snapshot id or timestamp"
    )


def _is_common_table(table: exp.Table) -> bool:
    """Whether the name is that of a WITH clause in whose sight the table stands."""
    if table.db:
        return False
    return table.name.lower() in _visible(table)


def _visible(table: exp.Table) -> Iterator[str]:
    node: exp.Expr = table
    while node.parent is not None:
        parent = node.parent
        if isinstance(parent, exp.With):  # inside one clause: the earlier ones, itself only when recursive
            for common in parent.expressions:
                if common is node and not parent.recursive:
                    break
                yield common.alias.lower()
                if common is node:
                    break
        elif parent.args.get("with_") is not None and parent.args["with_"] is not node:
            yield from (common.alias.lower() for common in parent.args["with_"].expressions)
        node = parent
