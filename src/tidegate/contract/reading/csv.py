"""Comma-separated values, as batches of text cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tidegate.contract.batch import Batch, Numbers, Records, no_rows
from tidegate.contract.reading.arrange import arrange
from tidegate.contract.reading.beginning import begin
from tidegate.contract.reading.encoding import transcoded
from tidegate.contract.reading.structure import FIELD_COUNT, PROBLEMS, Chunk, Places, chunks
from tidegate.contract.reading.texts import read_text
from tidegate.contract.reading.unpack import unpacked
from tidegate.contract.verdict import REASON, REASONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.contract.arriving import Arriving
    from tidegate.contract.compiled import Plan
    from tidegate.contract.formats import Csv
    from tidegate.contract.reading.arrange import Arrangement
    from tidegate.contract.source import Limits, Source

_AT_ONCE = 50_000  # broken records


def batches(source: Source, plan: Plan, form: Csv, limits: Limits, arriving: Arriving) -> Iterator[Batch]:
    """The file's rows, a batch at a time, in its order.

    Raises:
        FaultFound: the file as a whole cannot be read.
    """
    pieces = transcoded(unpacked(source.open(), source.name, limits), form.encoding)
    start = begin(pieces, form, limits)
    names = plan.headers if start.names is None else start.names
    columns = arrange(names, plan, arriving, form=form, text=start.text)
    of = "the contract" if start.names is None or columns.width == len(plan.columns) else "the header"
    for chunk in chunks(start, pieces, columns.width, form, limits):
        late = max(0, len(chunk.broken.row) - 1) // _AT_ONCE * _AT_ONCE
        for first in range(0, late, _AT_ONCE):
            some = chunk.of_broken(slice(first, first + _AT_ONCE))
            yield no_rows(_records(some, some.broken), _reasons(some, columns.width, of))
        last = chunk.of_broken(slice(late, None))
        yield _batch(last, plan, form, columns, _reasons(last, columns.width, of))


def _batch(chunk: Chunk, plan: Plan, form: Csv, columns: Arrangement, why: pl.Series) -> Batch:
    def records(chosen: Numbers) -> Records:
        return _records(chunk, chunk.sound.of(chosen))

    def cells(chosen: Numbers | None = None) -> pl.DataFrame:
        text = chunk.text if chosen is None else b"".join(raw + b"\n" for raw in records(chosen).raw)
        return read_text(text, plan, form, columns)

    return Batch(
        row=chunk.sound.row,
        cells=cells,
        records=records,
        broken=_records(chunk, chunk.broken),
        why=why,
    )


def _records(chunk: Chunk, places: Places) -> Records:
    starts = (places.offset - chunk.offset).tolist()
    raw = [
        chunk.block[start : start + length] if length else b""
        for start, length in zip(starts, places.length.tolist(), strict=True)
    ]
    return Records(places.row, places.line, places.offset, places.length, raw)


def _reasons(chunk: Chunk, columns: int, of: str) -> pl.Series:
    """The list of the one reason of each record that the strict reader cut out."""
    number = pl.col("problem")
    words = {problem: said for problem, (_, said) in PROBLEMS.items() if "{" not in said}
    counted = pl.format(
        PROBLEMS[FIELD_COUNT][1].format(fields="{}", columns=columns, of=of), pl.col("fields")
    )
    reason = pl.struct(
        pl.lit("").alias("column"),
        number.replace_strict({problem: check for problem, (check, _) in PROBLEMS.items()}).alias("check"),
        pl.coalesce(number.replace_strict(words, default=None, return_dtype=pl.String), counted).alias(
            "said"
        ),
    )
    found = pl.DataFrame({"problem": chunk.problems, "fields": chunk.fields})
    if not found.height:
        return pl.Series(REASONS, [], dtype=pl.List(REASON))
    return found.select(pl.concat_list(reason.cast(REASON)).alias(REASONS))[REASONS]
