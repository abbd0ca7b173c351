"""Which columns name a row: candidates from the first rows, held against all rows by hashes alone."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import combinations, islice
from typing import TYPE_CHECKING

from tidegate.contract.infer.profile import SPELLINGS_OF_NOTHING
from tidegate.contract.uniqueness import Seen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import polars as pl

_MOST = 8  # candidates that are held against all rows
_WIDE = 12  # columns that are put together
_TRIED = 400  # combinations of one size
_FRACTION = r"^-?[0-9]+[.,][0-9]+$"
_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"  # the first rows are often of one day
_LONG = 60  # characters: prose names no row


@dataclass
class KeySearch:
    """The candidates, the most natural first, and what became of them."""

    candidates: list[Seen] = field(default_factory=list)
    repeating: set[tuple[str, ...]] = field(default_factory=set)
    found: list[tuple[str, ...]] = field(default_factory=list)
    _rows: int = 0

    def see(self, cells: pl.DataFrame, sample: pl.DataFrame) -> None:
        """Look at some rows; the first of them give the candidates."""
        if not self._rows:
            self.candidates = [Seen(names) for names in _candidates(sample)]
        self._rows += cells.height
        for seen in self.candidates:
            if seen.group not in self.repeating and seen.add(cells) is not None:
                self.repeating.add(seen.group)

    def finish(self) -> None:
        """Decide, once all rows were seen."""
        for seen in self.candidates:
            if seen.group not in self.repeating and next(iter(seen.meeting()), None) is None:
                self.found.append(seen.group)
            seen.close()


def _candidates(sample: pl.DataFrame) -> list[tuple[str, ...]]:
    """Columns, alone or together, that tell the first rows apart."""
    rows = sample.height
    nothing = list(SPELLINGS_OF_NOTHING)
    usable = [
        name
        for name in sample.columns
        if not sample[name].null_count()
        and not sample[name].is_in(nothing).any()
        and (sample[name].str.len_chars().max() or 0) <= _LONG  # type: ignore[operator]
    ]
    measures = [name for name in usable if sample[name].str.contains(_FRACTION).any()]
    usable = [name for name in usable if name not in measures]
    distinct = {name: sample[name].n_unique() for name in usable}
    found: list[tuple[str, ...]] = []
    found += [(name,) for name in usable if distinct[name] == rows][:_MOST]
    parts = [name for name in usable if 1 < distinct[name] < rows or rows == 1]
    chosen = set(sorted(parts, key=lambda name: -distinct[name])[:_WIDE])
    narrow = [name for name in parts if name in chosen]
    times = [name for name in usable if sample[name].str.contains(_TIME).all()]
    for size in (2, 3):
        together = list(_together(sample, narrow, size, found))
        found += sorted(together, key=lambda group: -_worth(sample, group, times))[: _MOST // 2]
    if narrow:
        grown = _grown(sample, narrow, distinct)
        wider = tuple(name for name in sample.columns if name in {*grown, *times})
        found += [group for group in dict.fromkeys((grown, wider)) if group not in found]
    everything = (*usable, *measures)
    return [*found[:_MOST], *([everything] if everything and everything not in found[:_MOST] else [])]


def _together(
    sample: pl.DataFrame, names: Sequence[str], size: int, known: Sequence[tuple[str, ...]]
) -> Iterator[tuple[str, ...]]:
    for group in islice(combinations(names, size), _TRIED):
        smaller = any(set(one) <= set(group) for one in known)
        if not smaller and sample.select(group).n_unique() == sample.height:
            yield group


def _worth(sample: pl.DataFrame, group: tuple[str, ...], times: Sequence[str]) -> int:
    """How natural a key is: times and words name things, and numbers measure them."""
    words = sum(not sample[name].str.contains(r"^-?[0-9]+$").all() for name in group)
    return words + 2 * sum(name in times for name in group)


def _grown(sample: pl.DataFrame, names: Sequence[str], distinct: dict[str, int]) -> tuple[str, ...]:
    """More and more columns, the most telling first, less those that are not needed."""
    group: list[str] = []
    for name in sorted(names, key=lambda name: -distinct[name]):
        group.append(name)
        if sample.select(group).n_unique() == sample.height:
            break
    for name in list(group):
        rest = [other for other in group if other != name]
        if rest and sample.select(rest).n_unique() == sample.height:
            group = rest
    return tuple(name for name in sample.columns if name in group)


_KEY_WORD = re.compile(r"(^|_)(id|key|code|no|nr|number|uuid|guid|ref|sku|isbn|iban|tailnum)(_|$)|id$")


def most_natural(found: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Of keys by their columns' names: the smallest, one that is called like a key before another."""
    return min(found, key=lambda group: (len(group), not any(_KEY_WORD.search(n.lower()) for n in group)))
