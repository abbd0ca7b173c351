"""Run one query: read the statement, scan the tables it names, let DuckDB compute, in memory and shut in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from infra.local.athena import catalog, statement, text, translate
from infra.local.athena.failures import QueryFailed, ScanLimitExceeded, syntax_error
from infra.local.athena.macros import MACROS
from infra.local.athena.statement import Kind, Statement
from infra.local.athena.tables import Source, sources

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlglot import exp

    from infra.local.athena.access import Access

# Nothing is fetched at run time, and no SQL reaches this machine's files or settings.
_SHUT_IN = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
    "enable_external_access": False,
    "integer_division": True,
    "threads": 2,
}


@dataclass(frozen=True)
class Query:
    """What is to be run."""

    sql: str
    database: str = "default"
    parameters: tuple[str, ...] = ()
    scan_limit: int | None = None


@dataclass(frozen=True)
class Result:
    """What came of it: every value as its text, nulls as nulls."""

    kind: Kind
    columns: tuple[text.Column, ...]
    rows: pa.Table
    scanned: int

    @property
    def has_header(self) -> bool:
        """Whether Athena writes it as CSV with a header, not as plain text."""
        return self.kind is Kind.SELECT


def run(
    query: Query, access: Access, started: Callable[[duckdb.DuckDBPyConnection], None] | None = None
) -> Result:
    """Run `query` with the caller's `access`; `started` gets the connection, which may be interrupted.

    Raises:
        QueryFailed: it is wrong, refused, or not supported here.
        ScanLimitExceeded: it would read more than its limit.
    """
    said = statement.read(query.sql, query.parameters)
    if said.tree is None:
        return _described(said, query, access)
    tree = translate.name_columns(said.tree)
    found = sources(tree, query.database, access)
    scanned = sum(source.size for source in found)
    if query.scan_limit is not None and scanned > query.scan_limit:
        raise ScanLimitExceeded(
            "Athena query",
            f"Bytes scanned limit was exceeded ({scanned} > {query.scan_limit})",
            "Name fewer columns or filter by the partition",
        )
    with _connection() as connection:
        if started:
            started(connection)
        return _computed(connection, said.kind, tree, found, scanned)


def _connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config=dict(_SHUT_IN))
    connection.execute("SET TimeZone = 'UTC'")
    for macro in MACROS:
        connection.execute(f"CREATE MACRO {macro}")
    return connection


def _computed(
    connection: duckdb.DuckDBPyConnection,
    kind: Kind,
    tree: exp.Query,
    found: Sequence[Source],
    scanned: int,
) -> Result:
    for source in found:
        connection.register(f"{source.name}_rows", source.rows())
        connection.execute(f"CREATE VIEW {source.name} AS {source.select(f'{source.name}_rows')}")
    connection.execute("SET lock_configuration = true")
    sql = translate.to_duckdb(tree)
    try:
        if kind is Kind.EXPLAIN:
            plan = connection.execute(f"EXPLAIN {sql}").fetchall()
            return _lines(kind, "Query Plan", "\n".join(str(row[-1]) for row in plan).splitlines(), scanned)
        relation = connection.sql(sql)
        columns = tuple(
            text.column(f"_col{place}" if name.startswith(translate.UNNAMED) else name.lower(), of)
            for place, (name, of) in enumerate(zip(relation.columns, relation.types, strict=True))
        )
        rows = _texts(relation, columns)
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        raise _said(error) from error
    return Result(kind, columns, rows, scanned)


def _texts(relation: duckdb.DuckDBPyRelation, columns: Sequence[text.Column]) -> pa.Table:
    # Positions, since names may come twice: DuckDB's #1 is the first column of what is selected from.
    values = ", ".join(
        f"{text.expression(f'#{place}', of)} AS c{place}" for place, of in enumerate(columns, 1)
    )
    table = relation.project(values).fetch_arrow_table()
    arrays = [
        pa.chunked_array([pa.array(_nested(part), pa.string()) for part in array.chunks], pa.string())
        if of.nested
        else array.cast(pa.string())
        for of, array in zip(columns, table.columns, strict=True)
    ]
    return pa.Table.from_arrays(arrays, names=[of.name for of in columns])


def _nested(array: pa.Array) -> list[str | None]:
    return [None if value is None else text.nested_text(value) for value in array.to_pylist()]


def _said(error: duckdb.Error) -> QueryFailed:
    first = str(error).split("\n\n", 1)[0].split("\nLINE", 1)[0]
    if "DIVISION_BY_ZERO" in first:
        return QueryFailed("Athena query", "DIVISION_BY_ZERO: Division by zero", "")
    if isinstance(error, duckdb.BinderException | duckdb.CatalogException | duckdb.ParserException):
        kind = "COLUMN_NOT_FOUND: " if "Referenced column" in first else ""
        return syntax_error(f"{kind}{first}")
    return QueryFailed("Athena query", f"GENERIC_USER_ERROR: {first}", "")


def _described(said: Statement, query: Query, access: Access) -> Result:
    database = said.database or query.database
    if said.kind is Kind.SHOW_DATABASES:
        return _lines(said.kind, "database_name", catalog.databases(access, said.like), 0)
    if said.kind is Kind.SHOW_TABLES:
        return _lines(said.kind, "tab_name", catalog.tables(access, database, said.like), 0)
    table = catalog.table(access, database, said.table or "")
    every = (*table.columns, *table.partition_keys)
    if said.kind is Kind.SHOW_COLUMNS:
        return _lines(said.kind, "field", [name.ljust(20) for name, _ in every], 0)
    return _lines(said.kind, "col_name", [f"{name:<20}\t{of:<20}\t{'':<20}" for name, of in every], 0)


def _lines(kind: Kind, name: str, lines: Sequence[str], scanned: int) -> Result:
    rows = pa.table({name: pa.array(list(lines), pa.string())})
    return Result(kind, (text.Column(name, "string", 0),), rows, scanned)
