"""Good rows on their way into objects: held back up to a bound, the largest written first, or taken back.

The numbers of the objects follow from the file and the contract alone, so that a second attempt overwrites
the first. Nothing that was written counts before the list is saved.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from tidegate.contract.verdict import ROW
from tidegate.lake.heap import Heap
from tidegate.lake.numbers import Notebook, RowSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tidegate.contract.batch import Numbers
    from tidegate.lake.numbers import Noted
    from tidegate.lake.shelf import Shelf

BOUND = 64 << 20  # bytes of rows that wait in memory
_LEFT = 0.5  # of the bound, after the largest were written
_AT_ONCE = 8


@dataclass(frozen=True)
class _Written:
    number: int
    value: int | None
    noted: Noted
    line: bytes


class GoodRows:
    """The good rows of one file."""

    def __init__(self, shelf: Shelf, bound: int = BOUND) -> None:
        self._shelf, self._bound = shelf, bound
        self._heap = Heap(shelf.value)
        self._notebook = Notebook()
        self._taken_back = RowSet()
        self._written: list[_Written] = []
        self._next = 0

    def keep(self, good: pl.DataFrame, row: Numbers) -> None:
        """Take rows; the largest groups of those that wait are written when there are too many."""
        self._heap.add(good, row)
        if self._heap.bytes > self._bound:
            self._make_room()

    def take_back(self, row: Numbers) -> None:
        """Forget rows; what was written of them is written again without them when the file is done."""
        self._taken_back.add(row)

    def finish(self) -> int:
        """Write what waits, and the list; the number of objects is returned."""
        self._write(sorted(self._heap.sizes))
        self._heap.drop(list(self._heap.sizes))
        left = [again for written in self._written if (again := self._again(written)) is not None]
        self._shelf.save(written.line for written in left)
        return len(left)

    def close(self) -> None:
        """Give the scratch space back."""
        self._notebook.close()

    def _make_room(self) -> None:
        ordered = sorted(self._heap.sizes.items(), key=lambda item: (-item[1], item[0]))
        left, chosen = self._heap.bytes, []
        for value, size in ordered:
            if left <= _LEFT * self._bound:
                break
            chosen.append(value)
            left -= size
        self._write(sorted(chosen))
        self._heap.drop(chosen)

    def _write(self, values: Iterable[int]) -> None:
        parts = [(self._next + at, value) for at, value in enumerate(values)]
        self._next += len(parts)
        for start in range(0, len(parts), _AT_ONCE):
            self._written += self._at_once(parts[start : start + _AT_ONCE])

    def _at_once(self, parts: list[tuple[int, int]]) -> Iterator[_Written]:
        rows = [self._staying(self._heap.of(value)) for _, value in parts]
        ready = [
            (number, self._named(value), some) for (number, value), some in zip(parts, rows, strict=True)
        ]
        ready = [one for one in ready if one[2].height]
        lines = self._put_all([(number, value, some.drop(ROW)) for number, value, some in ready])
        for (number, value, some), line in zip(ready, lines, strict=True):
            yield _Written(number, value, self._notebook.note(some[ROW].to_numpy()), line)

    def _put_all(self, ready: list[tuple[int, int | None, pl.DataFrame]]) -> list[bytes]:
        if len(ready) < 2:
            return [self._shelf.put(*one) for one in ready]
        with ThreadPoolExecutor(_AT_ONCE) as pool:  # most of the time of a small object is its way to S3
            return list(pool.map(lambda one: self._shelf.put(*one), ready))

    def _named(self, value: int) -> int | None:
        return None if self._shelf.value is None else value

    def _staying(self, rows: pl.DataFrame) -> pl.DataFrame:
        gone = self._taken_back.has(rows[ROW].to_numpy()) if self._taken_back else None
        return rows if gone is None or not gone.any() else rows.filter(pl.Series(~gone))

    def _again(self, written: _Written) -> _Written | None:
        """What was written, less what was taken back since then; nothing if no row is left."""
        noted = written.noted
        if not self._taken_back.between(noted.first, noted.last):
            return written
        row = self._notebook.read(noted)
        gone = self._taken_back.has(row)
        if not gone.any():
            return written
        if gone.all():
            return None
        rows = self._shelf.fetch(written.number, written.value).filter(pl.Series(~gone))
        line = self._shelf.put(written.number, written.value, rows)
        return _Written(written.number, written.value, noted, line)
