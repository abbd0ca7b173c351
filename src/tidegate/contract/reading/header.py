"""The first line of a file against the contract: what kind of file is it, and are these the columns?"""

from __future__ import annotations

import csv
from collections import Counter
from typing import TYPE_CHECKING, NoReturn

from tidegate.contract.source import FaultFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tidegate.contract.formats import Csv
    from tidegate.contract.source import Limits

_BOM = b"\xef\xbb\xbf"
_SHOWN = 20
_KINDS = {
    b"PK\x03\x04": "a zip archive (an .xlsx is one too)",
    b"PAR1": "Parquet",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"%PDF": "a PDF",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xfd7zXZ": "xz",
    b"Obj\x01": "Avro",
    b"ORC": "ORC",
    b"SQLite format 3": "an SQLite database",
}


def without_mark(block: bytes) -> bytes:
    """The block without UTF-8's byte order mark.

    Raises:
        FaultFound: `not_text`, named by its kind where the first bytes tell.
    """
    for mark, kind in _KINDS.items():
        if block.startswith(mark):
            raise _not_text(f"its bytes are {kind}")
    return block.removeprefix(_BOM)


def names_in(line: bytes, form: Csv, limits: Limits) -> tuple[list[str], str]:
    """The names in a header line, and the line as text.

    Raises:
        FaultFound: `not_text` or `too_large`.
    """
    if line.count(form.delimiter.encode()) >= limits.columns:
        raise too_wide(limits)
    if b"\0" in line:
        raise _not_text("its first line holds NUL bytes")
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise _not_text(f"its first line is no UTF-8 (byte {error.start + 1})") from error
    return _cells(text, form.delimiter, form.quote), text


def refuse(found: list[str], columns: Sequence[str], text: str, form: Csv) -> NoReturn:
    """Say how columns differ from what the contract's are called, in their order.

    Raises:
        FaultFound: `header_mismatch`: what is missing, extra, repeated or out of order.
    """
    if "\r" in text:
        raise FaultFound(
            "header_mismatch",
            "a carriage return stands inside its first line",
            "End each line with a line feed, or with a carriage return and a line feed",
        )
    raise FaultFound(
        "header_mismatch",
        "; ".join(_differences(found, list(columns), text, form)),
        "Send the columns of the contract, in its order, or change the contract in schemas/: its columns, "
        "how files are written (reads), or what becomes of a file whose columns change (on_change)",
    )


def _cells(text: str, delimiter: str, quote: str | None) -> list[str]:
    if not quote or quote not in text:
        return text.split(delimiter)
    try:
        return next(csv.reader([text], delimiter=delimiter, quotechar=quote, strict=True))
    except csv.Error:  # a stray quote: the names are what stands there
        return text.split(delimiter)


def _differences(found: list[str], wanted: list[str], text: str, form: Csv) -> list[str]:
    marks = (mark for mark in ",;\t|" if mark != form.delimiter)
    other = next((mark for mark in marks if text and _cells(text, mark, form.quote) == wanted), None)
    if other:
        return [f"the columns are parted by {other!r}, and the contract says {form.delimiter!r}"]
    missing = [name for name in wanted if name not in found]
    extra = [name for name in found if name not in wanted]
    repeated = sorted(name for name, times in Counter(found).items() if times > 1)
    bare = {name.strip().lower(): name for name in extra}
    near = [f"{bare[name.lower()]!r} for {name!r}" for name in missing if name.lower() in bare]
    if len(missing) == len(wanted) and not near:
        # very likely a row, whose values no message may quote
        return [f"no column of the contract stands in its first line, which has {len(found)} fields"]
    said = [f"missing: {listed(missing)}"] if missing else []
    said += [f"not in the contract: {listed(extra)}"] if extra else []
    said += [f"repeated: {listed(repeated)}"] if repeated else []
    said += [f"spelt otherwise: {', '.join(near[:_SHOWN])}"] if near else []
    if not said:
        place, (is_, should) = next(
            (place, pair)
            for place, pair in enumerate(zip(found, wanted, strict=True), 1)
            if pair[0] != pair[1]
        )
        said = [f"in another order: column {place} is {is_!r} where the contract has {should!r}"]
    return said


def too_wide(limits: Limits) -> FaultFound:
    """What is said of a header with too many names."""
    what = f"its first line has more than {limits.columns:,} fields"
    return FaultFound("too_large", what, "Send the contract's columns alone")


def listed(names: Sequence[str]) -> str:
    """Names in quotes, not too many and none too long."""
    shown = ", ".join(repr(name[:60]) for name in names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"


def _not_text(what: str) -> FaultFound:
    return FaultFound("not_text", what, "Send UTF-8 text: comma-separated values, or the same in gzip")
