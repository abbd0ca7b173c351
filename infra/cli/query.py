"""`tidegate query`: ask Athena about the published tables."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from infra.cli import place
from infra.cli.answer import Answer, counted, grid
from tidegate.errors import BadRequest
from tidegate.settings import Setting

if TYPE_CHECKING:
    import argparse

    from infra.cli.screen import Screen

MOST_ROWS = 1000


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("sql", help="one SELECT, SHOW or DESCRIBE, in Athena's (Trino's) dialect")


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """Run it and show its first thousand rows."""
    columns, rows = select(place.find(args.environment), args.sql)
    data = {"columns": columns, "rows": rows}
    title = counted(len(rows), "row") if len(rows) < MOST_ROWS else f"the first {MOST_ROWS} rows"
    return Answer(data, lambda: grid(title, columns, rows))


def select(where: place.Place, sql: str, most: int = MOST_ROWS) -> tuple[list[str], list[list[str | None]]]:
    """The columns and first rows of a query, values as Athena's text.

    Raises:
        BadRequest: Athena refused it.
    """
    if not sql.strip():
        raise BadRequest(
            "query", "nothing was asked", "Write one SELECT: the tables are in `tidegate status`"
        )
    athena = where.client("athena")
    started = athena.start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": where.settings[Setting.DATABASE]},
        WorkGroup=where.settings[Setting.WORKGROUP],
    )
    query = started["QueryExecutionId"]
    pause = 0.02
    while True:
        execution = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        status = execution["Status"]
        if status["State"] not in ("QUEUED", "RUNNING"):
            break
        time.sleep(pause)
        pause = min(pause * 1.5, 1.0)
    if status["State"] != "SUCCEEDED":
        said = status.get("StateChangeReason", status["State"])
        raise BadRequest(
            f"Athena, query {query}",
            said,
            "The tables: tidegate query 'SHOW TABLES'; the columns of one: 'DESCRIBE NAME'",
        )
    columns, rows = _rows(athena, query, most)
    named = (
        execution["StatementType"] == "DML"
    )  # the first row of a SELECT, and of nothing else, is the names
    return columns, rows[1:] if named else rows[:most]


def _rows(athena: Any, query: str, most: int) -> tuple[list[str], list[list[str | None]]]:
    pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=query)
    columns: list[str] = []
    texts: list[list[str | None]] = []
    for page in pages:
        columns = [column["Name"] for column in page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]]
        texts += [[cell.get("VarCharValue") for cell in row["Data"]] for row in page["ResultSet"]["Rows"]]
        if len(texts) > most:
            break
    return columns, texts[: most + 1]
