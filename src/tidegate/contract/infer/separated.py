"""How a CSV file is written: what parts its columns, what quotes a cell, where its header stands."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import polars as pl

from tidegate.contract.arriving import Arriving
from tidegate.contract.formats import Csv, Header
from tidegate.contract.infer.begin import Start, start_of
from tidegate.contract.infer.layout import Layout
from tidegate.contract.reading.csv import batches
from tidegate.contract.source import BytesSource, FaultFound
from tidegate.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.contract.source import Limits

_DELIMITERS = (",", ";", "\t", "|", "~", "^")
_RECORDS = 2000
_SINGLE = re.compile(r"(?m)(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|\r\n]|$)")
_WITH_COMMA, _WITH_POINT = r"-?[0-9]+,[0-9]+", r"-?[0-9]+\.[0-9]+"


@dataclass(frozen=True)
class _Written:
    """One way in which the file may be written, and what it would then hold."""

    form: Csv
    start: Start
    names: tuple[str, ...]

    @property
    def worth(self) -> float:
        """How much speaks for it: most records as wide as the header, which begins the file."""
        wide = 1 + 0.1 * min(self.start.width, 10)
        return self.start.share * wide + 0.5 * self.start.has_header - 0.3 * bool(self.start.skip)


def csv_layout(text: str, encoding: str, limits: Limits) -> Layout:
    """The layout of a CSV file from its beginning.

    Args:
        text: its first lines, whole ones.
        encoding: what it is written in.
        limits: how much is read.

    Raises:
        BadRequest: there is no table in it.
    """
    single = '"' not in text and len(_SINGLE.findall(text)) * 3 >= text.count("\n")
    quote = "'" if single else '"'
    ways = [way for mark in _DELIMITERS if (way := _written(text, mark, quote)) is not None]
    if not ways:
        raise BadRequest(
            "the file", "it has no rows to guess from", "Name a file with a header and some rows"
        )
    best = max(ways, key=lambda way: way.worth)
    best = _better_quoted(best, text, limits)
    form = replace(best.form, encoding=encoding, decimal=_decimal(text, best))
    return Layout(form=form, headers=best.names, guesses=tuple(_guesses(best)))


def records_of(text: str, form: Csv) -> Iterator[list[str]]:
    """The first records, leniently."""
    if form.quote is None:
        return csv.reader(io.StringIO(text), delimiter=form.delimiter, quoting=csv.QUOTE_NONE)
    return csv.reader(io.StringIO(text, newline=""), delimiter=form.delimiter, quotechar=form.quote)


def _written(text: str, delimiter: str, quote: str | None) -> _Written | None:
    form = Csv(delimiter=delimiter, quote=quote)
    csv.field_size_limit(1 << 24)
    try:
        records = list(islice(records_of(text, form), _RECORDS))
    except csv.Error:
        return None
    start = start_of(records)
    if not start.width or (start.width == 1 and delimiter != ","):
        return None
    first = records[start.skip]
    skipped = _lines(text, form, start.skip)
    header = Header.EXACT if start.has_header else Header.NONE
    names = tuple(first) if start.has_header else ("",) * start.width
    return _Written(replace(form, header=header, skip_lines=skipped), start, names)


def _lines(text: str, form: Csv, records: int) -> int:
    """How many lines so many records take: a quoted cell may hold line ends."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=form.delimiter, quotechar=form.quote)
    for _ in islice(reader, records):
        pass
    return reader.line_num


def _better_quoted(best: _Written, text: str, limits: Limits) -> _Written:
    """The same without a quote, where the strict reader would break fewer records so."""
    plain = _written(text, best.form.delimiter, None) if best.form.quote == '"' and '"' in text else None
    if plain is None or _broken(plain, text, limits) >= _broken(best, text, limits):
        return best
    return plain


def _broken(way: _Written, text: str, limits: Limits) -> int:
    """How many records the engine's own reader cuts out; quotes that stay in cells count as well."""
    plan = Layout(form=way.form, headers=way.names).plan()
    broken = 0
    try:
        for batch in batches(BytesSource(text.encode(), "sample"), plan, way.form, limits, Arriving()):
            broken += len(batch.broken.row)
            if way.form.quote is None and len(batch.row):
                cells = batch.cells()
                quoted = cells.select(pl.all().str.contains('^".*"$').fill_null(False))
                broken += quoted.select(pl.any_horizontal(pl.all()).sum()).item()
    except FaultFound:
        return len(text)
    return broken


def _decimal(text: str, way: _Written) -> str:
    """A comma where some column has fractions with commas, and no column has any with points."""
    if way.form.delimiter == "," and '"' not in text:
        return "."
    records = list(islice(records_of(text, way.form), _RECORDS))[way.start.skip + 1 :]
    columns = list(zip(*(record for record in records if len(record) == way.start.width), strict=True))
    marks = {
        mark: any(_all_fractions(cells, mark) for cells in columns) for mark in (_WITH_COMMA, _WITH_POINT)
    }
    return "," if marks[_WITH_COMMA] and not marks[_WITH_POINT] else "."


def _all_fractions(cells: tuple[str, ...], written: str) -> bool:
    held = [cell for cell in cells if any(sign.isdigit() for sign in cell)]
    number = f"{written}|-?[0-9]+"
    some = sum(bool(re.fullmatch(written, cell)) for cell in held)
    return some > 0 and all(re.fullmatch(number, cell) for cell in held)


def _guesses(way: _Written) -> Iterator[str]:
    if way.start.skip:
        yield f"the table begins in line {way.form.skip_lines + 1}, behind what says something else"
    if not way.start.has_header:
        yield "its first line looks like a row, so there is no header: name the columns"
