"""Which sheet of a workbook holds the table, and in which of its rows the header stands."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from tidegate.contract.formats import Excel
from tidegate.contract.infer.begin import start_of
from tidegate.contract.infer.layout import Layout
from tidegate.contract.reading.sheet_parts import torn_workbook
from tidegate.contract.reading.workbook import check_workbook
from tidegate.contract.source import FaultFound
from tidegate.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_calamine import CalamineWorkbook

    from tidegate.contract.source import Limits, Source

_ROWS = 2000


def excel_layout(source: Source, limits: Limits) -> Layout:
    """The layout of a workbook.

    Raises:
        FaultFound: it cannot be read, or not within the limits.
        BadRequest: no sheet of it holds a table.
    """
    if source.size > limits.sheet_bytes:
        raise FaultFound("too_large", f"the workbook has more than {limits.sheet_bytes:,} bytes", "Split it")
    body = source.read_at(0, source.size)
    if b"xl/" not in body:  # the names of a zip's parts stand in it as they are
        raise FaultFound(
            "wrong_format", "it is a zip archive and no workbook", "Unpack it, or pack it as .gz"
        )
    check_workbook(body, limits)
    sheets = _sheets(body)
    name, rows = max(sheets.items(), key=lambda item: sum(map(len, item[1])))
    start = start_of(rows)
    if not start.width:
        raise BadRequest(source.name, "its sheets are empty", "Name a workbook with a header and some rows")
    most = f"of {len(sheets)} sheets {name!r} is read, which holds the most that can be read"
    guesses = [most] if len(sheets) > 1 else []
    if start.skip:
        guesses.append(f"the table begins in row {start.skip + 1}, behind what says something else")
    form = Excel(sheet=name if len(sheets) > 1 else None, skip_lines=start.skip)
    return Layout(form=form, headers=tuple(rows[start.skip]), guesses=tuple(guesses))


def _sheets(body: bytes) -> dict[str, list[list[str]]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(body)) as book:
            return _readable(book)
    except (CalamineError, KeyError, ValueError, OSError) as error:
        raise torn_workbook(f"it cannot be read ({str(error)[:100]})") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # the reader's own, which it does not let anyone import
            raise
        raise torn_workbook("it cannot be read") from error


def _readable(book: CalamineWorkbook) -> dict[str, list[list[str]]]:
    """Each sheet's rows, none of one that cannot be read; where none can be, the reader's own error."""
    from python_calamine import CalamineError

    found: dict[str, list[list[str]]] = {}
    for name in book.sheet_names:
        try:
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        except CalamineError:
            if name == book.sheet_names[-1] and not any(found.values()):
                raise
            rows = []
        found[name] = [_filled(row) for row in rows]
    return found


def _filled(row: Sequence[object]) -> list[str]:
    """The cells up to the last that is filled, as text."""
    texts = [str(cell) for cell in row]
    while texts and not texts[-1]:
        texts.pop()
    return texts
