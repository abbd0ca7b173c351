"""Read a statement, and let through only what the local Athena does: an allow-list over the parsed tree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from infra.local.athena.failures import not_supported, syntax_error
from infra.local.athena.macros import KNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

DIALECT = "athena"


class Kind(StrEnum):
    """What a statement asks for; the value is Athena's SubstatementType."""

    SELECT = "SELECT"
    EXPLAIN = "EXPLAIN"
    SHOW_TABLES = "SHOW_TABLES"
    SHOW_COLUMNS = "SHOW_COLUMNS"
    SHOW_DATABASES = "SHOW_DATABASES"
    DESCRIBE = "DESCRIBE_TABLE"


@dataclass(frozen=True)
class Statement:
    """One statement that may run."""

    kind: Kind
    tree: exp.Query | None = None  # of a SELECT or of what an EXPLAIN explains
    database: str | None = None  # of a SHOW or DESCRIBE
    table: str | None = None
    like: str | None = None

    @property
    def statement_type(self) -> str:
        """Athena's StatementType."""
        return {Kind.SELECT: "DML", Kind.EXPLAIN: "UTILITY"}.get(self.kind, "DDL")


_NAME = r'[`"]?([\w$-]+)[`"]?'
_SHOW_TABLES = re.compile(
    rf"SHOW\s+TABLES(?:\s+(?:IN|FROM)\s+{_NAME})?(?:\s+(?:LIKE\s+)?'([^']*)')?$", re.IGNORECASE
)
_SHOW_DATABASES = re.compile(r"SHOW\s+(?:DATABASES|SCHEMAS)(?:\s+LIKE\s+'([^']*)')?$", re.IGNORECASE)
_SHOW_COLUMNS = re.compile(
    rf"SHOW\s+COLUMNS\s+(?:IN|FROM)\s+(?:{_NAME}\.)?{_NAME}(?:\s+(?:IN|FROM)\s+{_NAME})?$", re.IGNORECASE
)
_DESCRIBE = re.compile(rf"(?:DESCRIBE|DESC)\s+(?:{_NAME}\.)?{_NAME}$", re.IGNORECASE)
_EXPLAIN = re.compile(r"EXPLAIN\s+(?!ANALYZE\b|\()(.+)$", re.IGNORECASE | re.DOTALL)
_COMMENTS = re.compile(r"^(?:\s*(?:--[^\n]*(?:\n|$)|/\*.*?\*/))*", re.DOTALL)


def read(sql: str, parameters: Sequence[str] = ()) -> Statement:
    """The statement in `sql`, its question marks filled from `parameters`.

    Raises:
        QueryFailed: it does not parse, or is of a kind that does not run here.
    """
    text = _COMMENTS.sub("", sql).strip().rstrip(";").strip()
    if not text:
        raise syntax_error("the query is empty")
    return _metadata_statement(text) or _query(text, parameters)


def _metadata_statement(text: str) -> Statement | None:
    if found := _SHOW_TABLES.match(text):
        return Statement(Kind.SHOW_TABLES, database=found[1], like=found[2])
    if found := _SHOW_DATABASES.match(text):
        return Statement(Kind.SHOW_DATABASES, like=found[1])
    if found := _SHOW_COLUMNS.match(text):
        return Statement(Kind.SHOW_COLUMNS, database=found[1] or found[3], table=found[2])
    if found := _DESCRIBE.match(text):
        return Statement(Kind.DESCRIBE, database=found[1], table=found[2])
    return None


def _query(text: str, parameters: Sequence[str]) -> Statement:
    explained = _EXPLAIN.match(text)
    tree = _parse(explained[1] if explained else text)
    tree = tree.unnest() if isinstance(tree, exp.Subquery) else tree
    if isinstance(tree, exp.Values):
        tree = exp.select("*").from_(exp.alias_(tree, "values_", table=True))
    if not isinstance(tree, exp.Query):
        raise not_supported(_kind_name(tree, text))
    _check(tree)
    return Statement(Kind.EXPLAIN if explained else Kind.SELECT, tree=_filled(tree, parameters))


def _parse(text: str) -> exp.Expr:
    import logging

    # sqlglot warns of what it keeps as a bare command; that ends as "not supported" with its name anyway.
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        trees = sqlglot.parse(text, read=DIALECT)
    except SqlglotError as error:
        said = str(error).split("\n", 1)[0]
        raise syntax_error(f"{said} The statement begins: {text[:40]!r}") from error
    if len(trees) != 1 or trees[0] is None:
        raise syntax_error("Only one sql statement is allowed")
    return trees[0]


def _kind_name(tree: exp.Expr, text: str) -> str:
    words = re.findall(r"[A-Za-z_]+", text)
    kind = str(tree.args.get("kind") or "") if isinstance(tree, exp.Create) else ""
    return f"the statement {words[0].upper()} {kind}".rstrip() if words else "this statement"


def _check(tree: exp.Query) -> None:
    """Refuse what is no part of reading tables: table functions, writing, names Trino does not know."""
    for node in tree.walk():
        if isinstance(node, exp.Table) and not isinstance(node.this, exp.Identifier):
            raise not_supported(f"the table function {node.this.sql(DIALECT)!r}")
        if isinstance(node, (exp.DDL, exp.DML, exp.Command, exp.Into)) and not isinstance(node, exp.Query):
            raise not_supported(f"{node.key.upper()} inside a query")
        if isinstance(node, exp.Anonymous) and node.name.lower() not in KNOWN:
            raise syntax_error(f"Function {node.name.lower()!r} is not registered in the local Athena")


def _filled(tree: exp.Query, parameters: Sequence[str]) -> exp.Query:
    holes = [node for node in tree.find_all(exp.Placeholder, bfs=False) if not node.this]
    if len(holes) != len(parameters):
        raise syntax_error(
            f"Incorrect number of parameters: expected {len(holes)} but found {len(parameters)}"
        )
    for hole, given in zip(holes, parameters, strict=True):
        value = _parse(f"SELECT {given}")
        expressions = value.expressions if isinstance(value, exp.Select) else []
        if len(expressions) != 1 or next(value.find_all(exp.Column, exp.Table, exp.Subquery), None):
            raise syntax_error(f"the parameter {given!r} is no literal")
        hole.replace(expressions[0])
    return tree
