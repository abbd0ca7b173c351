"""The beginning of a CSV file: its mark, the lines that its contract says to pass over, and its header."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tidegate.contract.formats import Header
from tidegate.contract.reading.header import names_in, without_mark
from tidegate.contract.reading.records import spans
from tidegate.contract.source import FaultFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.contract.formats import Csv
    from tidegate.contract.source import Limits

SMALL = 1 << 16


@dataclass(frozen=True)
class Beginning:
    """What stands before the first row, and what was read beyond it."""

    rest: bytes
    header: bytes  # as it was written; none where the contract says that there is none
    line: int  # of the first row
    offset: int  # of the first row
    names: list[str] | None = None  # in the header
    text: str = ""  # of the header


def begin(pieces: Iterator[bytes], form: Csv, limits: Limits) -> Beginning:
    """Read up to the first row.

    Raises:
        FaultFound: there is nothing in the file, or no header can be read.
    """
    block = filled(pieces, SMALL)
    text = without_mark(block)
    offset = len(block) - len(text)
    for _ in range(form.skip_lines):
        text = _with_line(text, pieces, limits)
        passed = text.find(b"\n") + 1 or len(text)
        text, offset = text[passed:], offset + passed
    if form.header != Header.NONE:
        text = _with_line(text, pieces, limits)
    if not text.strip():
        raise FaultFound(
            "empty_file", "there is nothing in it", "Send the file again, with its header and its rows"
        )
    line = form.skip_lines + 1
    if form.header == Header.NONE:
        return Beginning(text, b"", line, offset)
    header = _first_record(text, form, limits)
    names, written = names_in(header, form, limits)
    passed = text.find(b"\n", len(header)) + 1 or len(text)
    after = line + header.count(b"\n") + 1
    return Beginning(text[passed:], header, after, offset + passed, names, written)


def filled(pieces: Iterator[bytes], size: int, before: bytes = b"") -> bytes:
    """What was read before, and so many bytes more, as far as there are any."""
    taken = [before]
    length = 0
    for piece in pieces:
        taken.append(piece)
        length += len(piece)
        if length >= size:
            break
    return b"".join(taken)


def _with_line(text: bytes, pieces: Iterator[bytes], limits: Limits) -> bytes:
    """Read on until a line ends, or the longest record would."""
    while b"\n" not in text and len(text) <= limits.record_bytes and (more := filled(pieces, SMALL)):
        text += more
    return text


def _first_record(text: bytes, form: Csv, limits: Limits) -> bytes:
    """The first line; or the first record, where a quoted name holds a line end."""
    line = text.partition(b"\n")[0].removesuffix(b"\r")
    if len(line) > limits.record_bytes and b"\r" not in line:
        what = f"its first line is longer than {limits.record_bytes:,} bytes"
        raise FaultFound("too_large", what, "Look for missing line ends")
    if not form.quote or form.quote.encode() not in line:
        return line
    mark, quote = form.delimiter.encode(), form.quote.encode()
    found = spans(text, mark, last=False, longest=limits.record_bytes, quote=quote)
    whole = len(found.starts) and found.fields[0] > 0
    return text[: found.ends[0]] if whole else line
