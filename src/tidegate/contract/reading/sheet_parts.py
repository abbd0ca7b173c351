"""The XML of a workbook's parts as it is inflated: how far a sheet reaches, how long its texts are.

The reader behind this spans a sheet from corner to corner, and copies a text for each cell that has it: few
bytes of XML can ask for any amount of memory. So they are read strictly here first, by expat, and a part that
is no sound XML is never taken for a sheet. The elements are those of ECMA-376 part 1, 18.3.1 and 18.4.
"""

from __future__ import annotations

import re
from array import array
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

import numpy as np

from tidegate.contract.source import FaultFound

if TYPE_CHECKING:
    from tidegate.contract.source import Limits

Place = tuple[int, int]  # row and column, both from 1
_PLACE = re.compile(r"([A-Za-z]{0,30})([0-9]{1,30})\Z")
_UNKNOWN = (1 << 64) - 1


def too_large(what: str) -> FaultFound:
    """The fault of a workbook that would take too much memory."""
    return FaultFound("too_large", what, "Send the sheet as CSV, or split it")


def torn_workbook(what: str) -> FaultFound:
    """The fault of a workbook that is damaged."""
    return FaultFound("torn_excel", what, "Save the workbook anew, and send it again")


class Part:
    """One part of a workbook, on its way through the parser."""

    def __init__(self, limits: Limits) -> None:
        self.sound = True
        self.errors: set[Place] = set()  # where `#DIV/0!` and the like stand
        self.written = 0  # bytes of texts that stand in cells themselves
        self.texts = array("Q")  # the length of each text that it lists
        self.uses = array("Q")  # for each cell with a listed text, the number of that
        self._limits = limits
        self._rows = self._columns = 0  # the last that a cell names
        self._more_rows = self._more_columns = self._unplaced = 0  # of rows and cells that do not name theirs
        self._listing = False
        self._kind: str | None = None  # of the cell
        self._number: list[str] | None = None
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._begins
        self._parser.StartDoctypeDeclHandler = self._declares

    def take(self, piece: bytes, *, last: bool = False) -> None:
        """Parse one more piece.

        Raises:
            FaultFound: `too_large` or `torn_excel`.
        """
        if self.sound:
            try:
                self._parser.Parse(piece, last)
            except expat.ExpatError:
                self.sound = False
        self._use_ends()

    def _declares(self, *_: object) -> None:
        self.sound = False  # no workbook has types of its own, and what they stand for can be of any length
        raise expat.ExpatError("no workbook declares types")

    def _begins(self, name: str, attributes: dict[str, str]) -> None:
        self._use_ends()
        element = name.rpartition(":")[2]
        taker: Any = None
        if element == "c":
            self._cell(attributes)
        elif element == "v" and self._kind == "s":
            self._number = []
            taker = self._number.append
        elif element == "t" or (element == "v" and self._kind == "str"):
            taker = self._text
        elif element == "row":
            self._row(attributes.get("r", ""))
        elif element == "si":
            self._listing = True
            self.texts.append(0)
        self._parser.CharacterDataHandler = taker

    def _cell(self, attributes: dict[str, str]) -> None:
        self._listing, self._kind = False, attributes.get("t")
        found = _PLACE.match(attributes.get("r", ""))
        if found is not None:
            place = int(found[2]), max(_column(found[1]), 1)
            self._rows, self._columns = max(self._rows, place[0]), max(self._columns, place[1])
            if self._kind == "e":
                self.errors.add(place)
        else:
            if self._kind == "e" or "r" in attributes:
                raise torn_workbook("a cell of it, or an error, stands in no place")
            self._unplaced += 1
            self._more_columns = max(self._more_columns, self._unplaced)
        spanned = (self._rows + self._more_rows) * (self._columns + self._more_columns)
        if spanned > self._limits.sheet_cells:
            raise too_large(f"a sheet of it spans more than {self._limits.sheet_cells:,} cells")

    def _row(self, number: str) -> None:
        self._unplaced = 0
        if number.isdecimal() and len(number) <= 30:
            self._rows = max(self._rows, int(number))
        else:
            self._more_rows += 1

    def _text(self, some: str) -> None:
        length = len(some.encode())
        if self._listing:
            self.texts[-1] += length
        else:
            self.written += length
            if self.written > self._limits.sheet_text:
                raise too_large(f"its cells hold more than {self._limits.sheet_text:,} bytes of text")

    def _use_ends(self) -> None:
        if self._number is not None:
            number = "".join(self._number).strip()
            known = number.isdecimal() and len(number) < 19
            self.uses.append(int(number) if known else _UNKNOWN)
            self._number = None


def _column(letters: str) -> int:
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - 64
    return column


def check_texts(parts: list[Part], limits: Limits) -> None:
    """Hold the texts of a workbook, each written out in every cell that has it, against the limits.

    Raises:
        FaultFound: `too_large`.
    """
    lengths = np.array([*(length for part in parts for length in part.texts), 0], dtype=np.uint64)
    lengths[-1] = lengths.max()  # where it cannot be told which text is meant, the longest is
    total = 0
    for part in parts:
        uses = np.minimum(np.array(part.uses, dtype=np.uint64), len(lengths) - 1)
        total += part.written + int(lengths[uses].sum())
    if total > limits.sheet_text:
        raise too_large(f"its cells hold more than {limits.sheet_text:,} bytes of text")
