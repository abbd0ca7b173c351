"""Read the tables of a training as they stood, through Athena, and split them by time."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import polars as pl

from tidegate.errors import Refused
from tidegate.models.columns import as_named, name_of
from tidegate.models.text.declare import TextModel
from tidegate.models.text.learning import split_texts

if TYPE_CHECKING:
    from pathlib import Path

    from tidegate.contract.declare import Dataset
    from tidegate.models.declare import Model
    from tidegate.models.run import Run

OBJECT_ID = "_object_id"
ReadTable = Callable[[str, str], pl.DataFrame]  # (table, snapshot id) -> its rows


def athena_reader(database: str, workgroup: str) -> ReadTable:
    """Reads a table's snapshot with `FOR VERSION AS OF` (Athena's time travel over Iceberg)."""

    def read(table: str, snapshot: str) -> pl.DataFrame:
        import awswrangler

        frame = awswrangler.athena.read_sql_query(
            f'SELECT * FROM "{table}" FOR VERSION AS OF {int(snapshot)}',  # noqa: S608 - the name is a contract's
            database=database,
            workgroup=workgroup,
            ctas_approach=False,
        )
        return pl.from_pandas(frame)

    return read


def snapshot(
    model: Model, datasets: dict[str, Dataset], run: Run, read: ReadTable, into: Path
) -> dict[str, Any]:
    """Write `train/`, `test/` and `lookups/` for a run, and return what was written.

    Raises:
        Refused: one side of the split would be empty, or a slice is no column of the table.
    """
    request = datasets[model.request]
    _refuse_unknown_slices(model, request)
    frames = {
        name: _typed(read(name, run.tables[name]), datasets[name]) for name in dict.fromkeys(model.reads)
    }
    before, after = split(model, frames[model.request])
    told = {
        "run": json.loads(run.to_json()),
        "known": known_columns(model, request),
        "sources": {name: sorted(frame[OBJECT_ID].unique()) for name, frame in frames.items()},
        "rows": {"train": before.height, "test": after.height},
    }
    for name, rows in (("train", before), ("test", after)):
        (into / name).mkdir(parents=True, exist_ok=True)
        rows.drop(OBJECT_ID).write_parquet(into / name / "rows.parquet")
        (into / name / "material.json").write_text(json.dumps(told))
    (into / "lookups").mkdir(exist_ok=True)
    # a training job refuses a channel with no object in it, and a model may look nothing up
    (into / "lookups" / "lookups.json").write_text(json.dumps([lookup.dataset for lookup in model.lookups]))
    for lookup in model.lookups:
        frames[lookup.dataset].drop(OBJECT_ID).write_parquet(into / "lookups" / f"{lookup.dataset}.parquet")
    return told


def split(model: Model, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows to learn from and the later rows to be judged on, with the embargo between them.

    Raises:
        Refused: one of the two would be empty.
    """
    if isinstance(model, TextModel):
        return split_texts(model, rows)
    ordered = rows.sort(model.time_column)
    times = ordered[model.time_column]
    cut = times[int(ordered.height * (1 - model.test_share))] if ordered.height else None
    before = ordered.filter(pl.col(model.time_column) < pl.lit(cut, times.dtype) - model.embargo)
    after = ordered.filter(pl.col(model.time_column) >= pl.lit(cut, times.dtype))
    if before.is_empty() or after.is_empty():
        raise Refused(
            f"the split of {model.request} by {model.time_column}",
            f"it leaves {before.height} rows to learn from and {after.height} to be judged on",
            "Land rows of a longer time",
        )
    return before, after


def known_columns(model: Model, request: Dataset) -> list[str]:
    """The request's columns that are known at the model's moment and that the published table still has."""
    published = request.table_row.to_schema().columns
    return [name for name in request.known_by(model.known_by) if name in published]


def _refuse_unknown_slices(model: Model, request: Dataset) -> None:
    unknown = [name for name in model.slices if name not in request.table_row.to_schema().columns]
    if unknown:
        raise Refused(
            f"pipelines/{model.name}/",
            f"its slices name {', '.join(unknown)}, which the table {model.request} does not have",
            "Name columns of the published table",
        )


def _typed(frame: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    columns = dataset.table_row.to_schema().columns
    named = {name: name_of(_plain(column.dtype.type)) for name, column in columns.items()}
    return as_named(frame, {**named, OBJECT_ID: "text"})


def _plain(dtype: Any) -> pl.DataType:
    made: pl.DataType = dtype() if isinstance(dtype, type) else dtype
    return made
