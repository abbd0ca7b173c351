"""A stretch of a file on its way through the engine: rows that can be judged, and records that are no rows.

Each format's reader turns bytes into these, and nothing behind it knows which format a file had.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

Numbers = npt.NDArray[np.int64]
NOWHERE = -1  # the line or place of a record in a format that has none


@dataclass(frozen=True)
class Records:
    """Evidence: where some records of a file stand, and the bytes that they came as."""

    row: Numbers  # from 1; broken records are counted
    line: Numbers  # of the unpacked text, from 1
    offset: Numbers  # of the first byte, unpacked
    length: Numbers  # in bytes, line end left out
    raw: list[bytes]


def joined(parts: list[Records]) -> Records:
    """Several stretches of evidence as one."""
    return Records(
        np.concatenate([part.row for part in parts]),
        np.concatenate([part.line for part in parts]),
        np.concatenate([part.offset for part in parts]),
        np.concatenate([part.length for part in parts]),
        [raw for part in parts for raw in part.raw],
    )


_NONE: Numbers = np.zeros(0, dtype=np.int64)
NO_RECORDS = Records(_NONE, _NONE, _NONE, _NONE, [])


class Cells(Protocol):
    """The cells of all rows, or of some by their index; text columns called TEXT + name, or typed ones."""

    def __call__(self, chosen: Numbers | None = None, /) -> pl.DataFrame: ...


@dataclass(frozen=True)
class Batch:
    """A stretch of a file.

    `cells` and `records` are asked only where they are needed: a second reading looks at few batches.
    """

    row: Numbers  # the number of each row in the file
    cells: Cells
    records: Callable[[Numbers], Records]  # the evidence of some rows, by their index in `row`
    broken: Records = NO_RECORDS  # records that are no rows
    why: pl.Series | None = None  # for each broken record, the list of its reasons
    typed: bool = False  # whether the cells came with types of their own
    against: pl.Series | None = None  # what reading found wrong with each row: lists of reasons


def no_rows(broken: Records, why: pl.Series) -> Batch:
    """A batch of records that are no rows, and nothing else."""

    def cells(_chosen: Numbers | None = None, /) -> pl.DataFrame:
        raise IndexError("a batch without rows has no cells")

    return Batch(row=_NONE, cells=cells, records=lambda _: NO_RECORDS, broken=broken, why=why)
