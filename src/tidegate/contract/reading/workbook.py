"""What a workbook would unpack to, before anything opens it: its parts are inflated once, and not kept.

An .xlsx is a zip of XML. The sizes that it declares may be lies, so each part is inflated and counted, and
its XML looked through (`sheet_parts`). A zip that two readers may read differently is refused. Its layout is
that of https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from tidegate.contract.reading.sheet_parts import Part, check_texts, too_large, torn_workbook
from tidegate.contract.source import FaultFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tidegate.contract.source import Limits

_PARTS = 10_000
_STEP = 1 << 20
_ENCRYPTED = 0x41  # a password, or strong encryption
_LOCAL_HEADER = 30
_END, _END_64, _END_SIZE = b"PK\x05\x06", b"PK\x06\x07", 22
_LISTS = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")


def check_workbook(body: bytes, limits: Limits) -> Mapping[str, Part]:
    """Hold a workbook against the limits.

    Returns:
        Its parts by their names in small letters, with what its XML tells.

    Raises:
        FaultFound: `torn_excel`, `too_large` or `wrong_format`.
    """
    listed = _listed(body)
    if len(listed) > _PARTS or sum(part.file_size for part in listed) > limits.sheet_unpacked:
        raise too_large(f"it holds more than {limits.sheet_unpacked:,} bytes unpacked, or too many parts")
    left = limits.sheet_unpacked
    parts: dict[str, Part] = {}
    for one in listed:
        part = parts[one.filename.lower()] = Part(limits)
        for piece in _inflated(body, one):
            left -= len(piece)
            if left < 0:
                raise too_large(f"it holds more than {limits.sheet_unpacked:,} bytes unpacked")
            part.take(piece)
        part.take(b"", last=True)
    if len(parts) < len(listed):
        raise torn_workbook("two of its parts have one name")
    check_texts(list(parts.values()), limits)
    return parts


def _listed(body: bytes) -> list[zipfile.ZipInfo]:
    """The parts that the zip lists, where no reader can find another list."""
    end = len(body) - _END_SIZE
    size, start = (int.from_bytes(body[end + at : end + at + 4], "little") for at in (12, 16))
    if body[end : end + 4] != _END or start + size != end or body[end - 20 : end - 16] == _END_64:
        raise torn_workbook("its zip does not end as a workbook's does")
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError) as error:
        raise torn_workbook("its zip cannot be read") from error


def part_of(body: bytes, sheet: str, parts: Mapping[str, Part]) -> Part:
    """The part that holds a sheet, by the sheet's name (ECMA-376 part 1, 18.2.19 and part 2, 9.3).

    Raises:
        FaultFound: `torn_excel`: it, or one that it could be taken for, is no sound XML.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            book, links = (ElementTree.fromstring(archive.read(name)) for name in _LISTS)  # noqa: S314
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ElementTree.ParseError) as error:
        raise torn_workbook("its list of sheets is damaged") from error
    named = (one for one in book.iter() if one.tag.endswith("}sheet") and one.get("name") == sheet)
    ids = {value for one in named for name, value in one.items() if name.endswith("}id")}
    targets = [one.get("Target") or "" for one in links if one.get("Id") in ids]
    found = [parts.get("xl/" + target.lower().removeprefix("/").removeprefix("xl/")) for target in targets]
    if len(found) != 1 or found[0] is None or not found[0].sound:
        raise torn_workbook("its sheet is not where its list says, or no sound XML")
    if any(not part.sound for name, part in parts.items() if name.endswith("sharedstrings.xml")):
        raise torn_workbook("its list of texts is no sound XML")
    return found[0]


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
