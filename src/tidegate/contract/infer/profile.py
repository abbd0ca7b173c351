"""What the columns of a file hold, gathered in one streamed pass: counts, ends, a few values, a first sample.

Memory does not grow with the file: of each column stay its counts, its distinct values while they are few,
and of the whole file its first rows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from tidegate.contract.cells import TEXT, typed
from tidegate.contract.formats import Csv
from tidegate.contract.infer.kinds import DECIMAL, FLOAT, KINDS, SPELLINGS, TIMES

if TYPE_CHECKING:
    from tidegate.contract.infer.layout import Layout

SPELLINGS_OF_NOTHING = (
    "", "NA", "N/A", "n/a", "#N/A", "NULL", "null", "None", "nan", "NaN", "-", "--", "?", "nil",
)  # fmt: skip
MOST_VALUES = 200
SAMPLE_ROWS = 20_000
_TOTAL = r"(?i)^(grand )?(sub)?(totals?|sum|summe|gesamt|gesamtsumme|insgesamt|somme|totale|total général)\b"
_HOPELESS = 0.2  # a kind that so many cells of a batch do not fit is asked of no more cells
_KEPT = 3


@dataclass
class Column:
    """What one column holds."""

    header: str
    given: pl.DataType | None  # what the format itself says of its type
    nested: bool = False  # whether JSON's lists or objects stand in it, of which no cell is made
    rows: int = 0
    empty: int = 0  # cells that the format itself calls nothing
    nothing: Counter[str] = field(default_factory=Counter)  # cells that may mean nothing, by their spelling
    misfits: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))  # by kind: cells not so
    strangers: dict[str, list[str]] = field(default_factory=dict)  # some of them
    spelt: dict[int, int] = field(default_factory=dict)  # cells that are written as people like to
    ends: dict[str, tuple[object, object]] = field(default_factory=dict)  # by kind: the least, the greatest
    values: Counter[str] | None = field(default_factory=Counter)  # none: too many
    whole: int = 0  # digits before the decimal mark
    fraction: int = 0  # and behind it
    cents: int = 0  # cells with exactly two digits behind it
    longest: int = 0

    @property
    def held(self) -> int:
        """Cells that hold a value for sure."""
        return self.rows - self.empty - self.nothing.total()

    def see(self, cells: pl.Series, written: pl.Series) -> None:
        """Look at some cells: as text, and with a point as decimal mark."""
        self.rows += len(cells)
        self.empty += cells.null_count()
        unsure = cells.is_in(list(SPELLINGS_OF_NOTHING)).fill_null(False)
        self.nothing.update(cells.filter(unsure).to_list())
        sure = ~unsure & cells.is_not_null()
        cells, written = cells.filter(sure), written.filter(sure)
        if not len(cells):
            return
        self.longest = max(self.longest, _int(cells.str.len_chars().max()))
        self._count(cells)
        for kind in tuple(self.misfits):
            self._try(kind, written if kind in (DECIMAL, FLOAT) else cells)
        self._digits(written)
        for at, (pattern, _, _) in enumerate(SPELLINGS):
            if self.spelt.get(at, 0) == self.held - len(cells):  # all of them until now
                self.spelt[at] = self.spelt.get(at, 0) + _int(cells.str.contains(pattern).sum())

    def _count(self, cells: pl.Series) -> None:
        if self.values is None:
            return
        counts = cells.value_counts()
        self.values.update(dict(counts.iter_rows()))
        if len(self.values) > MOST_VALUES:
            self.values = None

    def _try(self, kind: str, cells: pl.Series) -> None:
        frame = cells.alias(f"{TEXT}x").to_frame()
        values = frame.select(typed("x", KINDS[kind]))["x"]
        wrong = values.null_count()
        if wrong > _HOPELESS * len(cells):
            del self.misfits[kind]
            return
        self.misfits[kind] += wrong
        kept = self.strangers.setdefault(kind, [])
        kept += cells.filter(values.is_null()).head(_KEPT - len(kept)).to_list()
        if values.null_count() < len(values) and kind != "bool":
            ends = pl.Series([*self.ends.get(kind, ()), values.min(), values.max()], dtype=values.dtype)
            self.ends[kind] = ends.min(), ends.max()

    def _digits(self, written: pl.Series) -> None:
        if DECIMAL not in self.misfits:
            return
        parts = written.str.split_exact(".", 1).struct
        whole, fraction = parts.field("field_0").str.strip_chars("-"), parts.field("field_1")
        self.whole = max(self.whole, _int(whole.str.len_chars().max()))
        digits = fraction.str.len_chars().fill_null(0)
        self.fraction = max(self.fraction, _int(digits.max()))
        self.cents += _int((digits == 2).sum())

    @property
    def span(self) -> tuple[object, object] | None:
        """The least and the greatest time."""
        return next((self.ends[kind] for kind in TIMES if kind in self.ends), None)


@dataclass
class Profile:
    """What a file holds."""

    columns: list[Column]
    sample: pl.DataFrame  # the first rows as text, columns named as the layout does
    rows: int = 0
    missing: bool = False  # whether records of JSON lack keys that others have
    totals: int = 0  # rows that sum up the others: they are counted, and looked at no further

    def see(self, cells: pl.DataFrame, layout: Layout) -> None:
        """Look at some rows."""
        self.rows += cells.height
        cells = self._without_totals(cells)
        comma = isinstance(layout.form, Csv) and layout.form.decimal == ","
        for name, column in zip(layout.names, self.columns, strict=True):
            text = cells[name]
            column.see(text, _with_points(text) if comma else text)
        if self.sample.height < SAMPLE_ROWS:
            self.sample = pl.concat([self.sample, cells.head(SAMPLE_ROWS - self.sample.height)])

    def _without_totals(self, cells: pl.DataFrame) -> pl.DataFrame:
        first = pl.coalesce(pl.when(pl.all().str.len_chars() > 0).then(pl.all()))
        empty = pl.sum_horizontal(pl.all().fill_null("") == "")
        few = empty * 3 >= len(self.columns)
        total = cells.select((first.str.contains(_TOTAL) & few).fill_null(False).alias("total"))["total"]
        found = int(total.sum())
        self.totals += found
        return cells.filter(~total) if found else cells


def _with_points(text: pl.Series) -> pl.Series:
    frame = text.alias("x").to_frame()
    pointed = pl.col("x").str.contains(".", literal=True)
    return frame.select(
        pl.when(pointed).then(pl.col("x") + " ").otherwise(pl.col("x").str.replace(",", ".", literal=True))
    )["x"]


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0
