"""What a workbook would unpack to, before anything opens it: its parts are inflated once, and not kept.

An .xlsx is a zip of XML. The sizes that it declares may be lies, and a sheet of two cells may span all of
Excel's rows and columns: so each part is inflated and counted, and the corners of its sheets are looked up.
The layout of a zip is that of https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from tidegate.contract.source import FaultFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.contract.source import Limits

_PARTS = 10_000
_STEP = 1 << 20
_ENCRYPTED = 0x41  # a password, or strong encryption
_LOCAL_HEADER = 30
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml\Z")
_PLACE = re.compile(rb'<(?:\w+:)?(c|row)\b(?:[^>]*?\br="([A-Z]{0,4})([0-9]{1,8})")?')
_ERROR = re.compile(rb'<(?:\w+:)?c\b[^>]*\bt="e"[^>]*>')
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_LISTS = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
_OVERLAP = 512  # a tag may be cut where two steps meet


Place = tuple[int, int]  # row and column, both from 1


def torn_workbook(what: str) -> FaultFound:
    """The fault of a workbook that is damaged."""
    return FaultFound("torn_excel", what, "Save the workbook anew, and send it again")


def check_workbook(body: bytes, limits: Limits) -> dict[str, set[Place]]:
    """Hold a workbook against the limits.

    Returns:
        For each sheet, by the name of its part, where errors such as `#DIV/0!` stand: the reader behind this
        gives them out as empty cells.

    Raises:
        FaultFound: `torn_excel`, `too_large` or `wrong_format`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError) as error:
        raise torn_workbook("its zip cannot be read") from error
    if len(parts) > _PARTS or sum(part.file_size for part in parts) > limits.sheet_unpacked:
        raise _too_large(f"it holds more than {limits.sheet_unpacked:,} bytes unpacked, or too many parts")
    left = limits.sheet_unpacked
    errors: dict[str, set[Place]] = {}
    for part in parts:
        area = _Area(limits) if _SHEET.search(part.filename) else None
        for piece in _inflated(body, part):
            left -= len(piece)
            if left < 0:
                raise _too_large(f"it holds more than {limits.sheet_unpacked:,} bytes unpacked")
            if area is not None:
                area.look(piece)
        if area is not None:
            errors[part.filename] = area.errors
    return errors


def _too_large(what: str) -> FaultFound:
    return FaultFound("too_large", what, "Send the sheet as CSV, or split it")


class _Area:
    """How far a sheet reaches."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._rows = self._columns = self._unplaced = 0
        self._rest = b""
        self.errors: set[Place] = set()

    def look(self, piece: bytes) -> None:
        """Look up the cells of one more piece of XML."""
        text = self._rest + piece
        for kind, letters, digits in _PLACE.findall(text):
            if digits:
                self._rows = max(self._rows, int(digits))
                self._columns = max(self._columns, _column(letters))
            elif kind == b"c":
                self._unplaced += 1
        for tag in _ERROR.findall(text):
            place = _PLACE.match(tag)
            if place is None or not place[2]:
                raise torn_workbook("an error stands in a cell without a place")
            self.errors.add((int(place[3]), _column(place[2])))
        self._rest = text[-_OVERLAP:]
        if (self._rows + 1) * (self._columns + 1) + self._unplaced > self._limits.sheet_cells:
            raise _too_large(f"a sheet of it spans more than {self._limits.sheet_cells:,} cells")


def _column(letters: bytes) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + letter - 64
    return column


def part_of(body: bytes, sheet: str) -> str:
    """The name of the part that holds a sheet, by its name (ECMA-376 part 1, 18.2.19 and part 2, 9.3)."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            book, links = (ElementTree.fromstring(archive.read(name)) for name in _LISTS)  # noqa: S314
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ElementTree.ParseError) as error:
        raise torn_workbook("its list of sheets is damaged") from error
    ids = {one.get("name"): one.get(_LINK) for one in book.iter() if one.tag.endswith("}sheet")}
    targets = {one.get("Id"): one.get("Target") or "" for one in links}
    return "xl/" + targets[ids[sheet]].removeprefix("/").removeprefix("xl/")


def _inflated(body: bytes, part: zipfile.ZipInfo) -> Iterator[bytes]:
    if part.flag_bits & _ENCRYPTED:
        raise FaultFound("wrong_format", "the workbook has a password", "Save it without one")
    head = part.header_offset
    names = int.from_bytes(body[head + 26 : head + 28], "little") + int.from_bytes(
        body[head + 28 : head + 30], "little"
    )
    start = head + _LOCAL_HEADER + names
    packed = body[start : start + part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        yield packed
        return
    if part.compress_type != zipfile.ZIP_DEFLATED:
        raise torn_workbook("it is packed in a way that no workbook is")
    stream, given = zlib.decompressobj(wbits=-15), 0
    try:
        while packed and not stream.eof:
            piece = stream.decompress(packed, _STEP)
            packed = stream.unconsumed_tail
            given += len(piece)
            yield piece
    except zlib.error as error:
        raise torn_workbook("a part of it is damaged") from error
    if not stream.eof or given != part.file_size:
        raise torn_workbook("a part of it has another size than it declares")
