"""A small writer of .xlsx workbooks, cell by cell, so that a test says exactly what stands in the file."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def workbook(sheets: dict[str, object], *, path: str = "", texts: Sequence[str] = ()) -> bytes:
    """A workbook of sheets: rows of cells, or the XML of the rows.

    A cell is nothing, a number, text, a truth, or XML of its own: bytes in which `{at}` is its place. A sheet
    may lie at a path of its own; `texts` are those that cells name by number.
    """
    rels = [f'<Relationship Id="rIdS" Type="{_REL}/styles" Target="styles.xml"/>']
    names, parts = [], {}
    for number, (name, rows) in enumerate(sheets.items(), 1):
        target = path or f"worksheets/sheet{number}.xml"
        rels.append(f'<Relationship Id="rId{number}" Type="{_REL}/worksheet" Target="{target}"/>')
        names.append(f'<sheet name="{escape(name)}" sheetId="{number}" r:id="rId{number}"/>')
        data = rows if isinstance(rows, str) else "".join(_row(at, row) for at, row in enumerate(rows, 1))
        parts[f"xl/{target}"] = f"<worksheet {_MAIN}><sheetData>{data}</sheetData></worksheet>"
    parts |= {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet {_MAIN}><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/>'
        '<xf numFmtId="22"/></cellXfs></styleSheet>',  # 14 is a date, 22 a date and a time
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_REL}"><sheets>{"".join(names)}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(rels)}'
        "</Relationships>",
    }
    if texts:
        listed = "".join(f"<si><t>{escape(text)}</t></si>" for text in texts)
        parts["xl/sharedStrings.xml"] = f"<sst {_MAIN}>{listed}</sst>"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, text in parts.items():
            archive.writestr(part, text)
    return file.getvalue()


def _row(number: int, row: list[object]) -> str:
    return f'<row r="{number}">{"".join(_cell(number, at, cell) for at, cell in enumerate(row))}</row>'


def _letters(column: int) -> str:
    return (_letters(column // 26 - 1) if column > 25 else "") + chr(65 + column % 26)


def _cell(row: int, column: int, cell: object) -> str:
    at = f"{_letters(column)}{row}"
    if cell is None:
        return ""
    if isinstance(cell, bytes):
        return cell.decode().format(at=at)
    if isinstance(cell, bool):
        return f'<c r="{at}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, int | float):
        return f'<c r="{at}"><v>{cell!r}</v></c>'
    return f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{escape(str(cell))}</t></is></c>'
