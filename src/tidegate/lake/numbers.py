"""Row numbers, kept small: those of a written file in scratch space, and a set of some rows as bits."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from tidegate.contract.batch import Numbers

_IN_MEMORY = 4 << 20
_WIDTHS = (np.uint8, np.uint16, np.uint32, np.int64)


@dataclass(frozen=True)
class Noted:
    """Where the ascending row numbers of one file are noted down."""

    first: int
    last: int
    count: int
    width: npt.DTypeLike
    offset: int


class Notebook:
    """Ascending row numbers of many files, as the distances between them; if many, in scratch space."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - see `close`

    def note(self, row: Numbers) -> Noted:
        """Note the row numbers of a file down."""
        apart = np.diff(row)
        widest = int(apart.max(initial=1))
        width = next(width for width in _WIDTHS if widest <= np.iinfo(width).max)
        offset = self._file.seek(0, 2)
        if widest > 1:
            self._file.write(apart.astype(width).tobytes())
        return Noted(int(row[0]), int(row[-1]), len(row), width if widest > 1 else np.bool_, offset)

    def read(self, noted: Noted) -> Numbers:
        """The row numbers of a file."""
        if noted.width is np.bool_:
            return np.arange(noted.first, noted.last + 1, dtype=np.int64)
        self._file.seek(noted.offset)
        size = (noted.count - 1) * np.dtype(noted.width).itemsize
        apart = np.frombuffer(self._file.read(size), dtype=noted.width)
        return np.cumsum(np.concatenate(([noted.first], apart)), dtype=np.int64)

    def close(self) -> None:
        """Give the scratch space back."""
        self._file.close()


class RowSet:
    """Some rows of a file: one bit for each that might be among them."""

    def __init__(self) -> None:
        self._bits = np.zeros(0, dtype=np.uint8)

    def __bool__(self) -> bool:
        return bool(len(self._bits))

    def add(self, row: Numbers) -> None:
        """Add rows by their ascending numbers."""
        if not len(row):
            return
        size = int(row[-1] >> 3) + 1
        if size > len(self._bits):
            self._bits = np.concatenate((self._bits, np.zeros(size - len(self._bits), dtype=np.uint8)))
        np.bitwise_or.at(self._bits, row >> 3, np.uint8(1) << (row & 7).astype(np.uint8))

    def has(self, row: Numbers) -> npt.NDArray[np.bool_]:
        """Which of these rows are among them."""
        if not len(self._bits):
            return np.zeros(len(row), dtype=np.bool_)
        known = (row >> 3) < len(self._bits)
        bits = self._bits[np.where(known, row >> 3, 0)]
        return known & ((bits >> (row & 7).astype(np.uint8)) & 1).astype(np.bool_)

    def between(self, first: int, last: int) -> bool:
        """Whether any of them lies from `first` to `last`; a few around these count too."""
        return bool(self._bits[first >> 3 : (last >> 3) + 1].any())
