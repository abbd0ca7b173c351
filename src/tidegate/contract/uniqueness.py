"""Which rows of a file share their key with another row: every copy is bad, for nobody can say which one is
right.

Of each batch only 64-bit hashes stay, eight bytes a row and group, in scratch space when they are many. Where
hashes of two batches meet, the rows are looked at again and compared themselves.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.contract.batch import Numbers

Hashes = npt.NDArray[np.uint64]
_IN_MEMORY = 16 << 20  # bytes of hashes; what is above goes to scratch space
_AT_ONCE = 8 << 20  # hashes sorted at one time


def repeated(rows: pl.DataFrame, group: tuple[str, ...]) -> pl.Series:
    """True for each row whose values in `group` stand in another row too; never for one without a value."""
    keys = rows.select(group)
    if keys.height < 2:
        return pl.repeat(False, keys.height, dtype=pl.Boolean, eager=True)
    copies = pl.struct(pl.all()).is_duplicated() & pl.all_horizontal(pl.all().is_not_null())
    return keys.select(copies.alias("copies"))["copies"]


@dataclass
class Seen:
    """The hashes of one group's values, batch by batch."""

    group: tuple[str, ...]
    batches: list[Hashes] = field(default_factory=list)
    _scratch: list[tempfile._TemporaryFileWrapper[bytes]] = field(default_factory=list)
    _held: int = 0

    def add(self, rows: pl.DataFrame) -> pl.Series | None:
        """Remember a batch; which of its rows share their values, if any do."""
        keys = rows.select(self.group)
        hashes = keys.hash_rows().to_numpy()
        if any(column.null_count() for column in keys):
            hashes = hashes.copy()
            nothing = keys.select(pl.any_horizontal(pl.all().is_null()).alias("no"))["no"].to_numpy()
            # no two of them are copies: a number of its own for each, which no other row is likely to have
            hashes[nothing] = np.random.default_rng(len(self.batches)).integers(
                0, 1 << 64, int(nothing.sum()), dtype=np.uint64
            )
        self.batches.append(self._kept(hashes))
        ordered = np.sort(hashes)
        twice = ordered[1:][ordered[1:] == ordered[:-1]]
        if not len(twice):
            return None
        at = np.flatnonzero(np.isin(hashes, twice))
        copies = np.zeros(len(hashes), dtype=np.bool_)
        copies[at] = repeated(keys[at], self.group).to_numpy()  # these alone: their hashes say of the others
        return pl.Series(copies) if copies.any() else None

    def _kept(self, hashes: Hashes) -> Hashes:
        self._held += hashes.nbytes
        if self._held <= _IN_MEMORY:
            return hashes
        if not self._scratch:
            self._scratch.append(tempfile.NamedTemporaryFile(prefix="tidegate-keys-"))  # noqa: SIM115
        file = self._scratch[0]
        at = file.tell()
        file.write(hashes.tobytes())
        file.flush()
        return np.memmap(file.name, dtype=np.uint64, mode="r", offset=at, shape=hashes.shape)

    def meeting(self) -> Iterator[tuple[int, Numbers]]:
        """Batches, by number, with the rows whose hash stands in another batch too, by index."""
        values = self._in_several()
        if len(values):
            for number, hashes in enumerate(self.batches):
                rows = np.flatnonzero(np.isin(hashes, values))
                if len(rows):
                    yield number, rows

    def _in_several(self) -> Hashes:
        """The hashes that stand in several batches; some also that stand twice in one."""
        if len(self.batches) < 2:
            return np.zeros(0, dtype=np.uint64)
        total = sum(len(hashes) for hashes in self.batches)
        steps = -(-total // _AT_ONCE)
        edges = [(number << 64) // steps for number in range(steps + 1)]
        return np.concatenate([self._twice(edges[at], edges[at + 1] - 1) for at in range(steps)])

    def _twice(self, low: int, high: int) -> Hashes:
        """The hashes from `low` to `high` that stand more than once."""
        first, last = np.uint64(low), np.uint64(high)
        some = [np.asarray(hashes) for hashes in self.batches]
        if (low, high) != (0, (1 << 64) - 1):
            some = [hashes[(hashes >= first) & (hashes <= last)] for hashes in some]
        every = np.concatenate(some)
        every.sort()
        return np.unique(every[1:][every[1:] == every[:-1]])

    def close(self) -> None:
        """Give the scratch space back."""
        self.batches.clear()
        for file in self._scratch:
            file.close()
