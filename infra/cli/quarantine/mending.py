"""Bad rows as a file that somebody can mend and land again: written as the contract reads it."""

from __future__ import annotations

import codecs
import csv
import io
from itertools import chain
from typing import TYPE_CHECKING

from tidegate.contract.formats import Csv, Header, JsonArray
from tidegate.contract.reading.unpack import ENDINGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tidegate.contract.compiled import Plan
    from tidegate.contract.formats import Format


def mended(rows: Iterable[bytes], plan: Plan, key: str, header: Sequence[str]) -> tuple[str, Iterator[bytes]]:
    """The ending and the lines of a file that holds these rows, each as it came, under its own header."""
    form = _form(plan.formats, key)
    if isinstance(form, Csv):
        lines = chain(_before_the_rows(form, header), rows)
        return form.endings[0], _encoded((line + b"\n" for line in lines), form.encoding)
    if isinstance(form, JsonArray):
        return ".json", _listed(rows)
    return ".jsonl", (row + b"\n" for row in rows)  # rows of binary files are kept as JSON


def _listed(rows: Iterable[bytes]) -> Iterator[bytes]:
    yield b"["
    for number, row in enumerate(rows):
        yield b",\n" + row if number else row
    yield b"]\n"


def _form(formats: Sequence[Format], key: str) -> Format:
    name = key.lower()
    for ending in ENDINGS:
        name = name.removesuffix(ending)
    return next((form for form in formats if name.endswith(form.endings)), formats[0])


def _before_the_rows(form: Csv, header: Sequence[str]) -> list[bytes]:
    """As many lines as the contract passes over, then the header."""
    skipped = [b"" for _ in range(form.skip_lines)]
    if form.header is Header.NONE:
        return skipped
    line = io.StringIO()
    if form.quote is None:
        line_of = csv.writer(line, delimiter=form.delimiter, quoting=csv.QUOTE_NONE, quotechar=None)
    else:
        line_of = csv.writer(line, delimiter=form.delimiter, quotechar=form.quote)
    line_of.writerow(header)
    return [*skipped, line.getvalue().rstrip("\r\n").encode()]


def _encoded(lines: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Kept bytes are UTF-8; what could not be decoded stands in them as a byte of its own, and stays so."""
    coder = codecs.getincrementalencoder(encoding)("surrogateescape")
    return (coder.encode(line.decode(errors="surrogateescape")) for line in lines)
