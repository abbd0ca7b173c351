"""Read a file from its start to its end by the engine's own readers, and profile what comes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from tidegate.contract.cells import TEXT
from tidegate.contract.formats import JsonArray, JsonLines
from tidegate.contract.infer.layout import without_nulls
from tidegate.contract.infer.profile import Column, Profile
from tidegate.contract.infer.rowkeys import KeySearch
from tidegate.contract.reading.choose import batches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.contract.batch import Batch
    from tidegate.contract.infer.layout import Layout
    from tidegate.contract.source import Limits, Source

_TIMES = 3  # passes, where keys of JSON turn up behind the beginning


def profiled(source: Source, layout: Layout, limits: Limits) -> tuple[Layout, Profile, KeySearch]:
    """The layout with every column that turned up, what they hold, and what may name a row.

    Raises:
        FaultFound: the file as a whole cannot be read.
    """
    for _ in range(_TIMES):
        profile, search, unknown = _profile(source, without_nulls(layout), limits)
        if not unknown:
            break
        layout = replace(layout, headers=(*layout.headers, *unknown))
    return layout, profile, search


def _profile(source: Source, layout: Layout, limits: Limits) -> tuple[Profile, KeySearch, list[str]]:
    columns = [
        Column(header, layout.given.get(header), nested=header in layout.nested) for header in layout.headers
    ]
    profile = Profile(columns, pl.DataFrame(schema=dict.fromkeys(layout.names, pl.String)))
    search = KeySearch()
    unknown: Counter[str] = Counter()
    for batch in batches(source, layout.plan(), limits):
        for column, check in _reasons(batch.against):
            profile.missing |= check == "missing"
            unknown.update([column] if check == "unknown" else [])
        if len(batch.row):
            cells = _as_text(batch, layout)
            profile.see(cells, layout)
            search.see(cells, profile.sample)
    search.finish()
    is_json = isinstance(layout.form, JsonLines | JsonArray)
    return profile, search, list(unknown) if is_json else []


def _reasons(lists: pl.Series | None) -> Iterator[tuple[str, str]]:
    for one in [] if lists is None else lists.to_list():
        for reason in one:
            yield reason["column"], reason["check"]


def _as_text(batch: Batch, layout: Layout) -> pl.DataFrame:
    """The cells as a text file would write them."""
    cells = batch.cells()
    if not batch.typed:
        return cells.rename({TEXT + name: name for name in layout.names})
    return cells.select(_written(name, cells.schema[name]) for name in layout.names)


def _written(name: str, kind: pl.DataType) -> pl.Expr:
    value = pl.col(name)
    if isinstance(kind, pl.Datetime):
        zone = "Z" if kind.time_zone else ""
        if zone:
            value = value.dt.convert_time_zone("UTC")
        return value.dt.cast_time_unit("us").dt.strftime(f"%Y-%m-%dT%H:%M:%S%.f{zone}")
    if kind in (pl.Binary(), pl.Null()):
        return value.cast(pl.String, strict=False)
    return value.cast(pl.String, strict=False)
