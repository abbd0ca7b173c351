"""From a file to the draft of its contract: sniffed, profiled, declared column by column."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from tidegate.contract.formats import Csv, Excel, Parquet
from tidegate.contract.infer.columns import declared
from tidegate.contract.infer.draft import Draft, DraftColumn
from tidegate.contract.infer.kinds import BOOL, KINDS, NUMBERS, TIMES
from tidegate.contract.infer.names import names_of
from tidegate.contract.infer.passes import profiled
from tidegate.contract.infer.rowkeys import most_natural
from tidegate.contract.infer.sniff import layout_of
from tidegate.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tidegate.contract.infer.layout import Layout
    from tidegate.contract.infer.profile import Column, Profile
    from tidegate.contract.source import Limits, Source

_SURE = ("NULL", "null", "N/A", "n/a", "#N/A", "NaN", "nan")
_COUNTRY = 2  # letters: among such codes, NA is Namibia
_YEARS_OF_MONTHS = 10  # longer than that, a table by year has partitions enough
_DAYS_OF_DAYS = 45
_ROWS_A_DAY = 200_000


def draft_of(source: Source, name: str, limits: Limits) -> Draft:
    """The first draft of the contract that a file keeps.

    Raises:
        FaultFound: it cannot be read.
        BadRequest: it holds no rows.
    """
    layout, profile, search = profiled(source, layout_of(source, limits), limits)
    if not profile.rows:
        raise BadRequest(
            source.name, "it has no rows to guess from", "Name a file with a header and some rows"
        )
    names = names_of(layout.headers)
    nulls = _nulls(layout, profile)
    columns = [
        declared(column, called, profile.sample.to_series(at), nulls, _allowed(layout, column))
        for at, (column, called) in enumerate(zip(profile.columns, names, strict=True))
    ]
    called = dict(zip(layout.names, names, strict=True))
    found = [tuple(called[part] for part in group) for group in search.found]
    keys = _keys(columns, found)
    draft = Draft(
        name=name,
        title=name.replace("_", " ").capitalize(),
        form=layout.form if isinstance(layout.form, Parquet) else replace(layout.form, null_values=nulls),
        columns=columns,
        keys=keys,
        partition=_partition(columns, profile),
        comments=list(layout.guesses),
        totals=profile.totals,
    )
    _take_what_comes(draft, layout, profile)
    if profile.totals:
        draft.comments.append(
            "a row of totals stands in the sample, which is no row of the table: nothing was learned of it"
        )
    return draft


def _take_what_comes(draft: Draft, layout: Layout, profile: Profile) -> None:
    """Records that lack keys, or hold lists and objects, are taken by a table that evolves."""
    nested = [column.name for column in draft.columns if column.header in layout.nested]
    if not (nested or profile.missing) or len(nested) == len(draft.columns):
        return
    draft.evolves = True
    draft.columns = [column for column in draft.columns if column.name not in nested]
    if profile.missing:
        draft.comments.append("some records lack some keys: EVOLVE takes them as null")
    if nested:
        said = f"{', '.join(nested)} hold lists or objects: EVOLVE puts their JSON into columns of text"
        draft.comments.append(said)
    hidden = [column.name for column in draft.columns if column.personal and column.nullable]
    if nested and hidden:
        said = (
            f"unless {', '.join(hidden)} is missing, which is personal and may hide in what no column knows"
        )
        draft.comments.append(said)


def _allowed(layout: Layout, column: Column) -> tuple[str, ...]:
    """The kinds that a column's cells may be read as: JSON tells numbers and truths from texts itself."""
    if isinstance(layout.form, Parquet):
        return ()
    if isinstance(layout.form, Csv | Excel):
        return tuple(KINDS)
    if column.given is None:
        return TIMES
    return NUMBERS if column.given.is_numeric() else (BOOL,)


def _nulls(layout: Layout, profile: Profile) -> tuple[str, ...]:
    """The spellings of nothing: what keeps a column from its type, and what can mean little else."""
    nulls = [""] if isinstance(layout.form, Csv | Excel) else []
    words = dict.fromkeys(word for column in profile.columns for word in column.nothing if word not in nulls)
    for word in words:
        holding = [column for column in profile.columns if word in column.nothing]
        typed = any(_has_type(column, layout) for column in holding)
        codes = any(column.longest == _COUNTRY and column.held for column in holding)
        if typed or (word in _SURE and nulls) or (word == "NA" and nulls and not codes):
            nulls.append(word)
    return tuple(nulls)


def _has_type(column: Column, layout: Layout) -> bool:
    return column.held > 0 and any(column.misfits.get(kind) == 0 for kind in _allowed(layout, column))


def _keys(columns: Sequence[DraftColumn], found: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """What may name a row, the most natural first; nothing comes last."""
    sound = {column.name for column in columns if not column.nullable}
    usable = [group for group in found if sound.issuperset(group)]
    ordered = []
    while usable:
        best = most_natural(usable)
        ordered.append(best)
        usable.remove(best)
    return [*ordered, ()]


def _partition(columns: Sequence[DraftColumn], profile: Profile) -> tuple[str, str] | None:
    """The first time that every row has, in parts that are neither too many nor too large."""
    for column, held in zip(columns, profile.columns, strict=True):
        if column.kind in TIMES and not column.nullable and not column.personal:
            days = _days(held.span)
            if days > _YEARS_OF_MONTHS * 366:
                return column.name, "YEAR"
            many = profile.rows > _ROWS_A_DAY * max(days, 1) and days <= _DAYS_OF_DAYS
            return column.name, "DAY" if many else "MONTH"
    return None


def _days(span: tuple[object, object] | None) -> int:
    if span is None or not all(isinstance(end, dt.date) for end in span):
        return 0
    low, high = (end.date() if isinstance(end, dt.datetime) else end for end in span)
    return (high - low).days  # type: ignore[operator,no-any-return]
