"""One sheet of an .xlsx workbook, read whole by calamine once its size is known to be small.

Excel knows numbers, texts, truths, errors and dates, and not one type a column: so each cell is written as a
file would write it, and judged as such. Of formulas the saved values count. An empty cell is nothing.
"""

from __future__ import annotations

import datetime as dt
import io
import json
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tidegate.contract.batch import NOWHERE, Batch, Records
from tidegate.contract.cells import UNKNOWN
from tidegate.contract.formats import Csv
from tidegate.contract.reading.arrange import arrange
from tidegate.contract.reading.header import too_wide
from tidegate.contract.reading.json_batch import BLANK, Reason, reasons_series
from tidegate.contract.reading.sheet_parts import torn_workbook
from tidegate.contract.reading.workbook import check_workbook, part_of
from tidegate.contract.source import FaultFound
from tidegate.contract.verdict import defused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tidegate.contract.arriving import Arriving
    from tidegate.contract.batch import Numbers
    from tidegate.contract.compiled import Plan
    from tidegate.contract.formats import Excel
    from tidegate.contract.reading.arrange import Arrangement
    from tidegate.contract.reading.sheet_parts import Part
    from tidegate.contract.source import Limits, Source

_ROWS = 20_000
_EXACT = 2**53  # Excel's numbers are 64-bit floats: up to here each integer has its own
_ERROR = "#ERROR"
Row = tuple[int, list[object]]  # its number in the sheet, and its cells


def batches(source: Source, plan: Plan, form: Excel, limits: Limits, arriving: Arriving) -> Iterator[Batch]:
    """The sheet's rows, a batch at a time, in their order.

    Raises:
        FaultFound: the workbook cannot be read.
    """
    if source.size > limits.sheet_bytes:
        what = f"the workbook has more than {limits.sheet_bytes:,} bytes"
        raise FaultFound("too_large", what, "Send the sheet as CSV, or split it")
    body = source.read_at(0, source.size)
    parts = check_workbook(body, limits)
    rows = _without_blank_end(_rows(body, form, parts))
    header = next(rows, None)
    if header is None:
        raise FaultFound("empty_file", "its sheet is empty", "Send the workbook again, with its rows")
    names = [str(cell) for cell in _trimmed(header[1])]
    if len(names) > limits.columns:
        raise too_wide(limits)
    columns = arrange(names, plan, arriving, form=Csv())
    done = 0
    while some := list(islice(rows, _ROWS)):
        yield _batch(some, done, plan, form, columns)
        done += len(some)


def _rows(body: bytes, form: Excel, parts: Mapping[str, Part]) -> Iterator[Row]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(body)) as book:
            name = _sheet(book.sheet_names, form)
            wrong = part_of(body, name, parts).errors
            cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, KeyError, ValueError, OSError) as error:
        raise torn_workbook(f"it cannot be read ({str(error)[:100]})") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # the reader's own, which it does not let anyone import
            raise
        raise torn_workbook("it cannot be read") from error
    rows: list[Row] = [(number, list(row)) for number, row in enumerate(cells, 1)]
    for number, column in wrong:
        if number <= len(rows) and column <= len(rows[number - 1][1]):
            rows[number - 1][1][column - 1] = _ERROR
    yield from rows[form.skip_lines :]


def _sheet(names: list[str], form: Excel) -> str:
    if form.sheet is None and len(names) != 1:
        step = 'Say which in the contract: Excel(sheet="…")'
        raise FaultFound("wrong_format", f"the workbook has {len(names)} sheets", step)
    name = names[0] if form.sheet is None else form.sheet
    if name not in names:
        step = "Name a sheet so, or change the contract"
        raise FaultFound("wrong_format", f"the workbook has no sheet {name[:60]!r}", step)
    return name


def _without_blank_end(rows: Iterator[Row]) -> Iterator[Row]:
    held: list[Row] = []
    for row in rows:
        held.append(row)
        if any(cell != "" for cell in row[1]):
            yield from held
            held = []


def _trimmed(cells: Sequence[object]) -> list[object]:
    """The cells up to the last that is filled."""
    filled = [at for at, cell in enumerate(cells, 1) if cell != ""]
    return list(cells[: filled[-1]]) if filled else []


def _batch(rows: list[Row], done: int, plan: Plan, form: Excel, columns: Arrangement) -> Batch:
    sound: list[int] = []
    broken: list[int] = []
    why: list[list[Reason]] = []
    width = columns.width
    of = "contract" if width == len(plan.columns) else "header"
    for index, (_, cells) in enumerate(rows):
        fields = len(_trimmed(cells))
        if 0 < fields <= width:
            sound.append(index)
            continue
        broken.append(index)
        said = f"{fields} cells are filled, and the {of} has {width} columns"
        why.append([("", "field_count", said) if fields else BLANK])
    table = [rows[index][1] for index in sound]
    kinds = [plan.types.get(name, pl.String()) for name in columns.columns]
    texts = {
        name: [_text(row[at] if at < len(row) else "", kind) for row in table]
        for at, (name, kind) in enumerate(zip(columns.fields(), kinds, strict=True))
    }
    frame = pl.DataFrame(texts, schema=dict.fromkeys(texts, pl.String))
    if form.null_values:
        frame = frame.with_columns(pl.when(~pl.all().is_in(list(form.null_values))).then(pl.all()))
    settled = columns.settled(frame, plan)
    against = [_failed(row, columns) for row in table]
    evidence = partial(_records, rows, done)
    places = np.array(sound, dtype=np.int64)
    return Batch(
        row=places + done + 1,
        cells=lambda chosen=None, /: settled if chosen is None else settled[chosen],
        records=lambda chosen: evidence(places[chosen]),
        broken=evidence(np.array(broken, dtype=np.int64)),
        why=reasons_series(why),
        against=reasons_series(against) if any(against) else None,
    )


def _failed(row: list[object], columns: Arrangement) -> list[Reason]:
    cells = zip(columns.columns, row, strict=False)
    return [
        (defused(name.removeprefix(UNKNOWN)), "type", "a formula failed here")
        for name, cell in cells
        if cell is _ERROR
    ]


def _records(rows: list[Row], done: int, chosen: Numbers) -> Records:
    """Some rows as JSON lists of their cells; their line is their number in the sheet."""
    some = [rows[index] for index in chosen.tolist()]
    nowhere = np.full(len(some), NOWHERE, dtype=np.int64)
    line = np.array([number for number, _ in some], dtype=np.int64)
    raw = [json.dumps(_trimmed(cells), default=str, ensure_ascii=False).encode() for _, cells in some]
    return Records(chosen + done + 1, line, nowhere, nowhere, raw)


def _text(cell: object, kind: pl.DataType) -> str | None:
    """The cell as a file would write it: numbers without a needless fraction, dates as ISO 8601."""
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return str(int(cell)) if cell == cell // 1 and abs(cell) < _EXACT else repr(cell)
    if isinstance(cell, dt.datetime):
        midnight = kind == pl.Date and cell.time() == dt.time()
        return cell.date().isoformat() if midnight else cell.isoformat()
    if isinstance(cell, dt.date):
        return f"{cell.isoformat()}T00:00:00" if isinstance(kind, pl.Datetime) else cell.isoformat()
    return str(cell)
