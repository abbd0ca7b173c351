"""The hashes of a file's keys with the numbers of their rows, in scratch space when they are many."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.contract.batch import Numbers
    from tidegate.lake.keyhash import Hashes
    from tidegate.lake.numbers import RowSet

_IN_MEMORY = 16 << 20
_AT_ONCE = 2 << 20  # keys ordered at one time
_PAIR = np.dtype([("hash", "<u8"), ("row", "<i8")])


class Gathered:
    """Keys by their hash and row."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - see `close`
        self._count = 0

    def add(self, hashes: Hashes, row: Numbers) -> None:
        """Take the keys of some rows."""
        pairs = np.empty(len(hashes), dtype=_PAIR)
        pairs["hash"], pairs["row"] = hashes, row
        self._file.write(pairs.tobytes())
        self._count += len(pairs)

    def ordered(self, gone: RowSet) -> Iterator[Hashes]:
        """The hashes of all rows but those that are gone, ascending, in ascending parts."""
        steps = max(1, -(-self._count // _AT_ONCE))
        edges = [(number << 64) // steps for number in range(steps + 1)]
        for low, high in pairwise(edges):
            parts = [self._between(pairs, low, high - 1, gone) for pairs in self._pieces()]
            part = np.concatenate([np.zeros(0, dtype=np.uint64), *parts])
            part.sort()
            yield part

    def _pieces(self) -> Iterator[np.ndarray[tuple[int], np.dtype[np.void]]]:
        self._file.seek(0)
        while piece := self._file.read(_PAIR.itemsize << 18):
            yield np.frombuffer(piece, dtype=_PAIR)

    def _between(
        self, pairs: np.ndarray[tuple[int], np.dtype[np.void]], low: int, high: int, gone: RowSet
    ) -> Hashes:
        hashes: Hashes = pairs["hash"]
        chosen = (hashes >= np.uint64(low)) & (hashes <= np.uint64(high)) & ~gone.has(pairs["row"])
        return hashes[chosen]

    def close(self) -> None:
        """Give the scratch space back."""
        self._file.close()
