"""The labels that have landed since: the published rows of what was predicted, asked of Athena by their key.

Athena's result is read as text and typed here: its client libraries do not fit into a function beside polars.
"""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from tidegate.errors import Mistake, Transient
from tidegate.lake import layout
from tidegate.models.columns import as_named
from tidegate.plan import OBJECT_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tidegate.models.declare import Model
    from tidegate.plan import TableSpec

NAMES = {
    "string": "text",
    "boolean": "truth",
    "int": "whole",
    "long": "whole",
    "float": "number",
    "double": "number",
    "date": "date",
    "timestamp": "time",
    "timestamptz": "moment",
}
PAUSE = 0.3
LABEL = "_label"


@dataclass(frozen=True)
class Athena:
    """Asks one database, within a time."""

    client: Any
    s3: Any
    database: str
    workgroup: str
    seconds: float
    sleep: Callable[[float], None] = time.sleep

    def rows(self, sql: str, types: Mapping[str, str]) -> pl.DataFrame:
        """The rows of a query, in the types that the names mean.

        Raises:
            Transient: it failed, or did not end in time.
        """
        started = self.client.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": self.database},
            WorkGroup=self.workgroup,
        )["QueryExecutionId"]
        bucket, key = layout.split_uri(self._ended(started)["ResultConfiguration"]["OutputLocation"])
        text = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return typed(pl.read_csv(io.BytesIO(text), infer_schema=False), types)

    def _ended(self, query: str) -> dict[str, Any]:
        for _ in range(max(1, int(self.seconds / PAUSE))):
            told: dict[str, Any] = self.client.get_query_execution(QueryExecutionId=query)["QueryExecution"]
            if told["Status"]["State"] == "SUCCEEDED":
                return told
            if told["Status"]["State"] in ("FAILED", "CANCELLED"):
                why = told["Status"].get("StateChangeReason", told["Status"]["State"])
                raise Transient(f"the query {query}", why, "It is asked again with the next watch")
            self.sleep(PAUSE)
        raise Transient(f"the query {query}", f"no end within {self.seconds:g} s", "Watch again later")


def labelled(model: Model, table: TableSpec, asked: pl.DataFrame, athena: Athena) -> pl.DataFrame:
    """The row numbers of `asked` whose published row has a label, and the label.

    Raises:
        Mistake: requests do not hold the key of the published rows.
    """
    types = types_of(table)
    gone = [name for name in table.key if name not in asked.columns]
    if gone or not table.key:
        raise Mistake(
            f"the labels of {model.name}",
            f"its requests do not hold the key of {table.name}: {', '.join(gone) or 'it has none'}",
            "Give the dataset a key that is known when a prediction is made, and not personal",
        )
    keys = as_named(asked, {name: types[name] for name in table.key}).with_row_index("_asked")
    columns = ", ".join(f'"{name}"' for name in types)
    sql = f'SELECT {columns} FROM "{table.name}"{_bounds(keys, types)}'  # noqa: S608 - names are the contract's
    published = athena.rows(sql, types)
    found = model.label(published)
    label = found["label"].cast(pl.Float64).alias(LABEL)
    labels = published[found["row"]].select(table.key).with_columns(label)
    last = keys.unique(table.key, keep="last", maintain_order=True)  # what was asked twice counts once
    joined = last.join(labels.unique(table.key), on=table.key, how="inner", nulls_equal=True)
    return joined.select("_asked", LABEL).sort("_asked")


def types_of(table: TableSpec) -> dict[str, str]:
    """The columns of a published table, in the words that a model's card has for types."""
    return {field.name: _name(field.type) for field in table.fields if field.name != OBJECT_ID}


def typed(text: pl.DataFrame, types: Mapping[str, str]) -> pl.DataFrame:
    """Cells as Athena writes them, in the types that the names mean."""
    plain = [_plain(name, types[name]) for name in types]
    return as_named(text.select(plain), types)


def _plain(column: str, name: str) -> pl.Expr:
    cell = pl.col(column)
    if name == "truth":
        return cell == "true"
    return cell.str.strip_suffix(" UTC") if name == "moment" else cell


def _bounds(keys: pl.DataFrame, types: Mapping[str, str]) -> str:
    """The least and the most of each whole number and day of the key: no text of a request comes into SQL."""
    said = []
    for name in keys.columns[1:]:
        least, most = keys[name].min(), keys[name].max()
        if types[name] == "whole" and least is not None:
            said.append(f'"{name}" BETWEEN {int(least)} AND {int(most)}')  # type: ignore[arg-type]
        elif isinstance(least, date) and isinstance(most, date) and types[name] == "date":
            said.append(f"\"{name}\" BETWEEN DATE '{least}' AND DATE '{most}'")
    return f" WHERE {' AND '.join(said)}" if said else ""


def _name(iceberg: str) -> str:
    return "number" if iceberg.startswith("decimal") else NAMES[iceberg]
