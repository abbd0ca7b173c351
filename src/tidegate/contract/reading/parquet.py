"""Parquet, one row group at a time, read by ranges of exactly this version of the file.

Nothing is unpacked before the footer and the pages' headers were held against the limits. A row group's
columns are then joined to a small file of their own, which polars reads some rows at a time, so that memory
does not grow with the file. Columns are told by their names, in any order.
"""

from __future__ import annotations

import io
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tidegate.contract.batch import NOWHERE, Batch, Numbers, Records
from tidegate.contract.reading.arrange import arrange
from tidegate.contract.reading.parquet_footer import MAGIC, one_group, read_footer, torn
from tidegate.contract.reading.parquet_pages import Page, check_pages, cuts
from tidegate.contract.reading.parquet_types import as_texts, check_types, readable
from tidegate.contract.source import FaultFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.contract.arriving import Arriving
    from tidegate.contract.compiled import Plan
    from tidegate.contract.reading.parquet_footer import Footer, RowGroup
    from tidegate.contract.source import Limits, Source

_READ = 8 << 20
_CELLS = 2_000_000
_ROWS = 100_000
_TEXT = _UNPACKED = 64 << 20


def batches(source: Source, plan: Plan, limits: Limits, arriving: Arriving) -> Iterator[Batch]:
    """The file's rows, a batch at a time, in its order.

    Raises:
        FaultFound: the file as a whole cannot be read.
    """
    footer = read_footer(source, limits)
    columns = arrange(footer.columns, plan, arriving)
    number = 0
    for group in (group for group in footer.groups if group.rows):
        file, pages = _file(source, footer, group, limits)
        most = max(1, min(_ROWS, _CELLS // len(pages)))
        for frame in _frames(file, cuts(pages, group.rows, most, _UNPACKED), plan, limits, arriving):
            frame.columns = columns.fields("")
            readably, against = readable(frame, plan)
            cells = readably.with_columns(as_texts(readably))
            row = np.arange(number + 1, number + cells.height + 1, dtype=np.int64)
            yield Batch(
                row=row,
                cells=partial(_chosen, columns.settled(cells, plan, "")),
                records=partial(
                    _records, cells.rename(dict(zip(cells.columns, footer.columns, strict=True))), row
                ),
                typed=True,
                against=against,
            )
            number += cells.height


def schema_of(source: Source, limits: Limits) -> dict[str, pl.DataType]:
    """The file's columns and their types; none where it has no rows.

    Raises:
        FaultFound: the file as a whole cannot be read.
    """
    footer = read_footer(source, limits)
    group = next((group for group in footer.groups if group.rows), None)
    if group is None:
        return {}
    file, _ = _file(source, footer, group, limits)
    try:
        return dict(pl.read_parquet_schema(io.BytesIO(file)))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise torn(f"its schema cannot be read ({str(error).splitlines()[0][:100]})") from error


def _frames(
    file: bytes, parts: list[int], plan: Plan, limits: Limits, arriving: Arriving
) -> Iterator[pl.DataFrame]:
    try:
        lazy = pl.scan_parquet(file, glob=False)
        check_types(lazy.collect_schema(), plan, arriving)
        for start, end in pairwise(parts):
            yield from _bounded(lazy.slice(start, end - start).collect(), limits)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise torn(f"its values cannot be read ({str(error).splitlines()[0][:100]})") from error


def _bounded(frame: pl.DataFrame, limits: Limits) -> Iterator[pl.DataFrame]:
    """The frame, in parts where its texts are long: few bytes of a dictionary can stand for many of text."""
    texts = [pl.col(name).str.len_bytes() for name, kind in frame.schema.items() if kind == pl.String]
    if not texts:
        yield frame
        return
    sizes = frame.select(pl.sum_horizontal(texts).alias("bytes"))["bytes"].fill_null(0)
    longest, total = int(sizes.max() or 0), int(sizes.sum())  # type: ignore[arg-type]
    if longest > limits.record_bytes:
        what = f"a row of it has more than {limits.record_bytes:,} bytes of text"
        raise FaultFound("too_large", what, "Send long texts as files of their own")
    step = frame.height if total <= _TEXT else max(1, _TEXT // longest)
    for start in range(0, frame.height, step):
        yield frame[start : start + step]


def _file(source: Source, footer: Footer, group: RowGroup, limits: Limits) -> tuple[bytes, list[list[Page]]]:
    """A Parquet file of one row group, and the pages of each of its columns."""
    found: list[list[Page]] = []
    file = io.BytesIO()
    file.write(MAGIC)
    for chunk in group.chunks:
        body = b"".join(
            source.read_at(chunk.offset + at, min(_READ, chunk.length - at))
            for at in range(0, chunk.length, _READ)
        )
        found.append(check_pages(body, chunk, limits))
        file.write(body)
    file.write(one_group(footer, group.rows, group.chunks))
    if sum(max((unpacked for _, unpacked in pages), default=0) for pages in found) > 4 * limits.page_bytes:
        what = f"the largest pages of its columns would unpack to more than {4 * limits.page_bytes:,} bytes"
        raise FaultFound("too_large", what, "Write it with smaller pages")
    return file.getvalue(), found


def _chosen(frame: pl.DataFrame, chosen: Numbers | None = None, /) -> pl.DataFrame:
    return frame if chosen is None else frame[chosen]


def _records(frame: pl.DataFrame, row: Numbers, chosen: Numbers) -> Records:
    """Some rows as JSON, for the bytes of a row lie all over the file."""
    texts = frame[chosen].select(pl.struct(pl.all()).struct.json_encode().alias("row"))["row"].to_list()
    nowhere = np.full(len(chosen), NOWHERE, dtype=np.int64)
    return Records(row[chosen], nowhere, nowhere, nowhere, [text.encode() for text in texts])
