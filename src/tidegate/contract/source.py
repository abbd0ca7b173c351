"""Where a file's bytes come from, how much of it is read, and how reading says that it cannot go on."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tidegate.contract.verdict import FileFault

if TYPE_CHECKING:
    from pathlib import Path


# What one function can read in its time; docs/benchmarks.md has what was measured. It is taken for half as
# fast, since Lambda's core may be slower, and copies are read twice; start and end have half a minute.
SECONDS = 300  # that a call of `validate` may take, by infra/flow.py
BYTES_A_SECOND = 16_000_000
LARGEST_FILE = (SECONDS - 30) * BYTES_A_SECOND  # bytes, of a packed file as it is and unpacked


class Stream(Protocol):
    """Bytes that are read from the first to the last."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most `size`; none at the end."""


class Source(Protocol):
    """One file, which can be read from its start as often as needed."""

    @property
    def name(self) -> str:
        """Its key, of which the ending tells how it is packed and written."""

    @property
    def size(self) -> int:
        """Its bytes, packed as it is."""

    def open(self) -> Stream:
        """Its bytes from the first on."""

    def read_at(self, offset: int, length: int) -> bytes:
        """Some of its bytes."""


@dataclass(frozen=True)
class BytesSource:
    """A small file that is already in memory."""

    body: bytes
    name: str

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return len(self.body)

    def open(self) -> Stream:
        """Its bytes from the first on."""
        return io.BytesIO(self.body)

    def read_at(self, offset: int, length: int) -> bytes:
        """Some of its bytes."""
        return self.body[offset : offset + length]


@dataclass(frozen=True)
class PathSource:
    """A file on this machine."""

    path: Path

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path.name

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self.path.stat().st_size

    def open(self) -> Stream:
        """Its bytes from the first on."""
        return _PathStream(self.path)

    def read_at(self, offset: int, length: int) -> bytes:
        """Some of its bytes."""
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(length)


@dataclass
class _PathStream:
    """A file that is open only while it is read, so that nobody has to close it who stops early."""

    path: Path
    at: int = 0

    def read(self, size: int, /) -> bytes:
        with self.path.open("rb") as file:
            file.seek(self.at)
            piece = file.read(size)
        self.at += len(piece)
        return piece


class FaultFound(Exception):
    """Reading cannot go on; carries the fault that the verdict will name."""

    def __init__(self, code: str, what: str, next_step: str) -> None:
        super().__init__(code, what)
        self.fault = FileFault(code=code, what=what, next_step=next_step)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much of a file is read before it is refused."""

    unpacked_bytes: int = LARGEST_FILE
    ratio: int = 250  # text rarely packs better than 50 times; deflate's own best is 1032
    ratio_from: int = 32 << 20  # below this size no ratio is dangerous
    record_bytes: int = 1 << 20
    piece_bytes: int = 4 << 20
    columns: int = 10_000
    group_bytes: int = 128 << 20  # of a Parquet row group, packed as it is: it is held in memory
    page_bytes: int = 64 << 20  # of a Parquet page, unpacked
    sheet_bytes: int = 32 << 20  # of a workbook, packed as it is
    sheet_unpacked: int = 256 << 20
    sheet_cells: int = 4_000_000
    sheet_text: int = 64 << 20  # of a workbook's cells, each text written out where it stands
    bad_share: float = 0.5
    hopeless_rows: int = 200_000  # so many bad rows, and such a share, end the reading at once
    copies: int = 1_000_000  # rows of which the keys are compared in memory
    bad_rows: int = 1000  # a share is only held against a file from so many bad rows on
